
import agents.common.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

# A snoozed ticket counts as "snoozed", whatever its status: it is in nobody's queue.
COUNTS = """
CREATE OR REPLACE FUNCTION tickets_count_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_ticketcount (status, channel, delta)
    SELECT CASE WHEN snoozed THEN 'snoozed' ELSE status END, channel, count(*) FROM added GROUP BY 1, 2;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION tickets_count_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_ticketcount (status, channel, delta)
    SELECT CASE WHEN snoozed THEN 'snoozed' ELSE status END, channel, -count(*) FROM removed GROUP BY 1, 2;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION tickets_count_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_ticketcount (status, channel, delta)
    VALUES (CASE WHEN OLD.snoozed THEN 'snoozed' ELSE OLD.status END, OLD.channel, -1),
           (CASE WHEN NEW.snoozed THEN 'snoozed' ELSE NEW.status END, NEW.channel, 1);
    RETURN NULL;
END $$;
DROP TRIGGER tickets_count_moved ON tickets_ticket;
CREATE TRIGGER tickets_count_moved AFTER UPDATE OF status, channel, snoozed ON tickets_ticket FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.channel IS DISTINCT FROM NEW.channel
          OR OLD.snoozed IS DISTINCT FROM NEW.snoozed)
    EXECUTE FUNCTION tickets_count_moved();
"""
COUNTS_BEFORE = """
CREATE OR REPLACE FUNCTION tickets_count_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_ticketcount (status, channel, delta) SELECT status, channel, count(*) FROM added GROUP BY 1, 2;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION tickets_count_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_ticketcount (status, channel, delta) SELECT status, channel, -count(*) FROM removed GROUP BY 1, 2;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION tickets_count_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO tickets_ticketcount (status, channel, delta)
    VALUES (OLD.status, OLD.channel, -1), (NEW.status, NEW.channel, 1);
    RETURN NULL;
END $$;
DROP TRIGGER tickets_count_moved ON tickets_ticket;
CREATE TRIGGER tickets_count_moved AFTER UPDATE OF status, channel ON tickets_ticket FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.channel IS DISTINCT FROM NEW.channel)
    EXECUTE FUNCTION tickets_count_moved();
TRUNCATE tickets_ticketcount;
INSERT INTO tickets_ticketcount (status, channel, delta) SELECT status, channel, count(*) FROM tickets_ticket GROUP BY 1, 2;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0008_event_log'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OutgoingReply',
            fields=[
                ('id', models.UUIDField(default=agents.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('author_name', models.CharField(max_length=200)),
                ('content', models.TextField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('pending', 'Pending'), ('closed', 'Closed')], help_text="The ticket's, once the reply is out.", max_length=10)),
                ('status_before', models.CharField(choices=[('open', 'Open'), ('pending', 'Pending'), ('closed', 'Closed')], max_length=10)),
                ('tone', models.CharField(blank=True, default='', max_length=20)),
                ('based_on', models.UUIDField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('goes_out_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['goes_out_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ReadMark',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('seen_at', models.DateTimeField(help_text='When the last message that they saw was written.')),
            ],
        ),
        migrations.CreateModel(
            name='UnsentReply',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('reply', 'Reply'), ('note', 'Note')], default='reply', max_length=5)),
                ('content', models.TextField(blank=True, default='')),
                ('tone', models.CharField(blank=True, default='', max_length=20)),
                ('based_on', models.UUIDField(blank=True, help_text='The last message when it was begun.', null=True)),
                ('revision', models.BigIntegerField(help_text='Grows with every change, and past a deletion, too.')),
                ('begun_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RemoveIndex(
            model_name='ticket',
            name='ticket_smart_order',
        ),
        migrations.RemoveIndex(
            model_name='ticket',
            name='ticket_smart_order_channel',
        ),
        migrations.RemoveIndex(
            model_name='ticket',
            name='ticket_smart_order_agent',
        ),
        migrations.AddField(
            model_name='ticket',
            name='snoozed',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='ticket',
            name='snoozed_by',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='ticket',
            name='snoozed_until',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='ticket',
            name='snoozed_until_reply',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['status', 'snoozed', 'rank_at', 'id'], name='ticket_smart_order'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['status', 'channel', 'snoozed', 'rank_at', 'id'], name='ticket_smart_order_channel'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['assigned_to', 'status', 'snoozed', 'rank_at', 'id'], name='ticket_smart_order_agent'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('snoozed', True)), fields=['snoozed_until'], name='ticket_snoozed_until'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('snoozed', False), ('snoozed_by', None), ('snoozed_until', None), ('snoozed_until_reply', False)), models.Q(('snoozed', True), models.Q(('status', 'closed'), _negated=True), models.Q(('snoozed_until__isnull', False), ('snoozed_until_reply', True), _connector='OR')), _connector='OR'), name='ticket_snoozed_until_something'),
        ),
        migrations.AddField(
            model_name='outgoingreply',
            name='author',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='outgoingreply',
            name='ticket',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outgoing_replies', to='tickets.ticket'),
        ),
        migrations.AddField(
            model_name='readmark',
            name='agent',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='readmark',
            name='ticket',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='read_marks', to='tickets.ticket'),
        ),
        migrations.AddField(
            model_name='unsentreply',
            name='agent',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='unsentreply',
            name='ticket',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='unsent_replies', to='tickets.ticket'),
        ),
        migrations.AddIndex(
            model_name='outgoingreply',
            index=models.Index(fields=['goes_out_at'], name='outgoing_reply_due'),
        ),
        migrations.AddConstraint(
            model_name='readmark',
            constraint=models.UniqueConstraint(fields=('ticket', 'agent'), name='read_mark_once'),
        ),
        migrations.AddConstraint(
            model_name='unsentreply',
            constraint=models.UniqueConstraint(fields=('ticket', 'agent', 'kind'), name='unsent_reply_once'),
        ),
        migrations.RunSQL(COUNTS, COUNTS_BEFORE),
    ]
