{# What a function of publish refuses, in words: `what` was not given, or is not known. #}

{% macro refuse_null(argument, function, what, example) -%}
    if {{ argument }} is null then
        raise exception '{{ function }} was not given {{ what }}.'
            using errcode = 'null_value_not_allowed', hint = 'Write for example {{ example }}.';
    end if;
{%- endmacro %}

{# `unknown`: a query of the names that are not known. `listed_in`: the table that has those that are. #}
{% macro refuse_unknown(unknown, function, what, listed_in) -%}
    if exists ({{ unknown }}) then
        raise exception '{{ function }} does not know the {{ what }} %.',
            (select string_agg(coalesce(quote_literal(name), 'NULL'), ', ' order by name) from ({{ unknown }}) as unknown (name))
            using errcode = 'invalid_parameter_value', hint = 'Those that there are stand in {{ listed_in }}.';
    end if;
{%- endmacro %}
