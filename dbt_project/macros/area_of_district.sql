{# The area of an event: its district among the fourteen, joined as `district`; outside (OUT) where `code` is of elsewhere, and
   `unknown` where no district was given. #}
{% macro area_of_district(code, unknown='UNK') -%}
    case
        when district.district_code is not null then district.district_code
        when {{ code }} is not null then 'OUT'
        else '{{ unknown }}'
    end
{%- endmacro %}
