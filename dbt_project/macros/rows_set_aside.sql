{# What the gate set aside of each delivery: submission_id, and in `set_aside` of each entity the areas that rows name, as
   [{"entity": "event", "areas": ["E07000120"]}]. The place of such a row is asked of
   its codes alone, because of a row that broke a rule no model says where it is: it is taken to be in an area that it names. A code that says nothing of the
   county names no area. An entity of which no more than the share `tolerated_set_aside` was set aside is left out: its rows serve. #}
{% macro rows_set_aside() -%}
    select submission_id, jsonb_agg(distinct jsonb_build_object('entity', entity, 'areas', areas)) as set_aside
    from (
        select
            quarantined.submission_id,
            quarantined.entity,
            coalesce(
                array_agg(distinct place.area_code order by place.area_code) filter (where place.area_code is not null), '{}'
            ) as areas
        from (
            select null::bigint as submission_id, null::integer as row_number, null::text as entity, null::jsonb as content
            where false
            {%- for table in tables_of_quarantine() %}
            union all
            select set_aside.submission_id, set_aside.row_number, '{{ table.partition("__")[2] }}', to_jsonb(set_aside)
            from quarantine.{{ adapter.quote(table) }} as set_aside
            inner join (
                select submission_id, count(*) as row_count
                from quarantine.{{ adapter.quote(table) }}
                group by submission_id
            ) as delivery on set_aside.submission_id = delivery.submission_id
            where
                delivery.row_count * (1 - {{ var('tolerated_set_aside') }}) > {{ var('tolerated_set_aside') }} * (
                    select count(*) from raw.{{ adapter.quote(table) }} as serving
                    where serving.submission_id = delivery.submission_id
                )
            {%- endfor %}
        ) as quarantined
        cross join lateral jsonb_each_text(quarantined.content) as cell
        left join (
            select leaf_code as code, leaf_code as area_code from {{ ref('area_member') }}
            union
            select lsoa_code, district_code from {{ ref('lsoa') }}
        ) as place on cell.value = place.code
        group by quarantined.submission_id, quarantined.entity, quarantined.row_number
    ) as named
    group by submission_id
{%- endmacro %}

{# The tables of rows that were set aside, FEED__ENTITY. Those that there are, because a feed file that cannot be read has none new. #}
{% macro tables_of_quarantine() -%}
    {%- set found = run_query(
        "select relname from pg_class where relnamespace = 'quarantine'::regnamespace and relkind in ('r', 'p') order by relname"
    ) if execute -%}
    {{ return(found.columns[0].values() if found else []) }}
{%- endmacro %}
