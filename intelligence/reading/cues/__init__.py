"""The words by which a topic is told, per language: tag → strength → patterns.

A strong cue names the topic alone, two different weak ones do so together. Patterns are regular expressions, matched on lower case
and between word boundaries; a blank stands for any white space.
"""

STRONG, WEAK = 1.0, 0.5
Cues = dict[str, dict[float, tuple[str, ...]]]
