"""Figures for those who lead a team: counted in the database, one statement each, whatever the number of tickets."""

from tickets.reports.agent_figures import Load
from tickets.reports.backlog import Backlog, Group, Value
from tickets.reports.keyword_counts import Topic, Topics
from tickets.reports.period import DAYS, Period
from tickets.reports.report import Part, Report
from tickets.reports.times import Figure, Figures

__all__ = [
    "DAYS",
    "Backlog",
    "Figure",
    "Figures",
    "Group",
    "Load",
    "Part",
    "Period",
    "Report",
    "Topic",
    "Topics",
    "Value",
]
