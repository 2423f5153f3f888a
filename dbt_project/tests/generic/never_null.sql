{# Fails with each column that is empty in some row, and in how many. One look at a model, where dbt's not_null takes one a column. #}
{% test never_null(model, columns) %}
    select column_name, missing
    from (
        select
            {% for column in columns -%}
            count(*) - count({{ column }}) as {{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ model }}
    ) as counted
    cross join lateral (
        values
        {% for column in columns -%}
        ('{{ column }}', counted.{{ column }}){{ ',' if not loop.last }}
        {% endfor %}
    ) as each_column (column_name, missing)
    where missing > 0
{% endtest %}
