
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0001_initial'),
        ('tickets', '0005_fewer_ticket_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Turn',
            fields=[
                ('agent', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='turn', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='AssignmentRules',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('enabled', models.BooleanField(default=False, help_text='New tickets go to an available agent at once; off, they wait in the queue.', verbose_name='automatic assignment')),
                ('high_value_from', models.DecimalField(blank=True, decimal_places=2, default=Decimal('1000'), help_text="The lifetime value from which a customer's tickets go to senior agents first; empty: none do.", max_digits=12, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='high value from')),
                ('again_after_hours', models.PositiveSmallIntegerField(default=24, help_text='For so long an agent does not get a ticket that they gave away, unless they take it by hand.', validators=[django.core.validators.MaxValueValidator(720)], verbose_name='again after hours')),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name': 'assignment rules',
                'verbose_name_plural': 'assignment rules',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='assignment_rules_once')],
            },
        ),
        migrations.CreateModel(
            name='HandBack',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('agent', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hand_backs', to='tickets.ticket')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('agent', 'ticket'), name='hand_back_latest')],
            },
        ),
    ]
