{# Fails with each column that is empty in some row, and in how many. One look at a model, where dbt's not_null takes one a column.
   A number that may be withheld has a flag `is_<name>_withheld`, and is empty where that is so. #}
{% test never_null(model, columns, unless_withheld=[]) %}
    select column_name, missing
    from (
        select
            {% for column in columns + unless_withheld -%}
            count(*) filter (
                where {{ column }} is null{{ ' and not is_' ~ column ~ '_withheld' if column in unless_withheld }}
            ) as {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ model }}
    ) as counted
    cross join lateral (
        values
        {% for column in columns + unless_withheld -%}
        ('{{ column }}', counted.{{ column }}){{ ',' if not loop.last }}
        {% endfor %}
    ) as each_column (column_name, missing)
    where missing > 0
{% endtest %}
