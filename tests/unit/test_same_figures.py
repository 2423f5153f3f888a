"""What says whether two warehouses have the same figures (docs/growing.md)."""

from __future__ import annotations

import pytest

from tests import same_figures

HEADER = "indicator_id,area_code,period_id,sex,age_band,ethnicity,imd_quintile,count,value,status"
ROW = "V01,E06000008,2019-10,all,all,all,all,{count},{value},ok"


def figures(*rows: str) -> same_figures.Figures:
    return same_figures.read([HEADER, *rows])


def row(count: int = 7, value: str = "4.684192037", **changed: str) -> str:
    return ROW.format(count=count, value=value).replace("2019-10", changed.get("period", "2019-10"))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ([row(8)], "2019-10 all all all all: count 7 and 8"),
        ([row(value="4.684192038")], "2019-10 all all all all: value 4.684192037 and 4.684192038"),
        ([row(value="")], "2019-10 all all all all: value 4.684192037 and "),
        ([row(), row(period="2019-11")], "2019-11 all all all all: only one has it"),
    ],
)
def test_a_figure_that_only_one_has_or_that_differs_is_named(other, said):
    assert same_figures.differences(figures(row()), figures(*other)) == [f"V01 E06000008 {said}"]


def test_it_matters_not_which_of_them_is_first():
    assert same_figures.differences(figures(row(), row(period="2019-11")), figures(row(value=""))) == [
        "V01 E06000008 2019-11 all all all all: only one has it",
        "V01 E06000008 2019-10 all all all all: value 4.684192037 and ",
    ]


def test_a_double_may_differ_where_it_was_summed_in_another_order_and_a_count_may_not():
    assert same_figures.differences(figures(row(value="4.684192037000001")), figures(row(value="4.684192037"))) == []
    assert same_figures.differences(figures(row(10**15)), figures(row(10**15 + 1))) != []


def test_a_figure_that_is_there_twice_is_an_error():
    with pytest.raises(ValueError, match="V01 E06000008 2019-10 all all all all is there twice"):
        figures(row(), row())


def test_the_command_tells_how_many_differ_and_ends_so(tmp_path, capsys):
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text(f"{HEADER}\n{row()}\n")
    other.write_text(f"{HEADER}\n{row(8)}\n")
    assert same_figures.main([str(one), str(one)]) == 0
    assert "0 of 1 figures differ" in capsys.readouterr().out
    assert same_figures.main([str(one), str(other)]) == 1
    assert "1 of 1 figures differ" in capsys.readouterr().out
