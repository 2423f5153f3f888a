"""What is said of the rows of a delivery that rules would set aside."""

from __future__ import annotations

from vrn.gate.set_aside import SetAside

THREE = ("AMB-013", "AMB-014", "GEN-006")


def test_a_rule_is_said_to_set_aside_most_only_where_it_set_aside_more_than_half():
    assert SetAside("call", 3, 21, THREE, 2, "It is blank.").sentence.endswith(", most of them by AMB-013: It is blank.")
    assert SetAside("call", 4, 21, THREE, 2, "It is blank.").sentence.endswith(", by AMB-013, AMB-014, GEN-006.")


def test_of_many_rules_a_few_are_named_and_the_others_counted():
    assert SetAside("call", 5, 21, (*THREE, "A", "B"), 1, "").sentence.endswith(", by AMB-013, AMB-014, GEN-006 and 2 more rules.")
