"""The corrected figures of the Progress Report (DOMAIN 0.2 and 0.3), which the synthetic deliveries have to give back.

Source: LVRN Progress Report 2019-20, serious violence and weapons tables, labels corrected as in
dbt_project/seeds/framework/published_figure.csv.
"""

from __future__ import annotations

YEARS = {
    "2018/19": ("2018-04-01", "2019-03-31"),
    "2019/20": ("2019-04-01", "2020-03-31"),
    "2019/20-Q1": ("2019-04-01", "2019-06-30"),
    "2020/21-Q1": ("2020-04-01", "2020-06-30"),
}
# Column of marts.fct_recorded_crime, and its count in each of the periods above.
CRIMES = {
    "is_homicide": (19, 28, 7, 8),
    "is_knife_enabled": (1_144, 1_131, 327, 257),
    "is_firearm": (119, 73, 24, 21),
    "is_violence_with_injury": (19_889, 16_163, 4_430, 3_260),
    "is_rape": (1_640, 1_362, 365, 254),
    "is_robbery": (1_141, 1_182, 339, 199),
    "is_aggravated_burglary": (159, 142, 29, 32),
    "is_domestic_abuse": (21_884, 20_684, 5_139, 5_315),
    "is_child_exploitation": (598, 686, 156, 152),
}
# The Annual Data Return, by collection; air weapons are not counted.
RETURNED = {"KNIFE": (1_144, 1_131, 327, 257), "FIREARM": (119, 73, 24, 21)}
# Weapons in 2018/19 and 2019/20. The printed totals leave the firearms out.
WEAPONS = {"firearm": (1_640, 1_942), "knife_sharp": (2_558, 2_475), "other": (478, 780), "total": (3_036, 3_255)}
