with communication as (

    select * from {{ ref('stg_programme_communications__metric') }}
    where {{ is_known_today() }}

),

surge as (

    select * from {{ ref('stg_programme_surge__deployment') }}
    where {{ is_known_today() }}

),

activity as (

    select * from {{ ref('stg_programme_grants__grant') }}
    where {{ is_known_today() }}

),

kpi as (

    select * from {{ ref('stg_yot_kpi__kpi') }}
    where {{ is_known_today() }}

),

printed as (

    select * from {{ ref('stg_programme_published_figures__figure') }}
    where {{ is_known_today() }} and not coalesce(is_duplicate, false)

),

supplier as (

    select * from {{ ref('supplier') }}

),

measured as (

    select
        'programme_communications' as feed,
        'LANCS-14' as area_code,
        measured_from_on,
        measured_until_on,
        channel as subject,
        metric as measure,
        value,
        value_qualifier,
        is_synthetic
    from communication

    union all

    select
        'programme_surge',
        {{ division_area('surge.police_division_code') }},
        surge.deployed_on as first_on,
        surge.deployed_on as last_on,
        surge.operation,
        each_measure.measure,
        each_measure.value,
        surge.value_qualifier,
        surge.is_synthetic
    from surge
    cross join lateral (
        values
        ('hours', surge.hours),
        ('cost_gbp', surge.cost_gbp),
        ('arrests', surge.arrests),
        ('searches', surge.searches),
        ('weapons_count', surge.weapons_count)
    ) as each_measure (measure, value)

    union all

    select
        'programme_grants',
        'LANCS-14',
        activity.period_start_on,
        activity.period_end_on,
        activity.fund || ', ' || activity.organisation,
        each_measure.measure,
        each_measure.value,
        -- The return's qualifier is about its young people and pounds.
        'exact',
        activity.is_synthetic
    from activity
    cross join lateral (
        values
        ('school_sessions', activity.school_sessions),
        ('yot_sessions', activity.yot_sessions),
        ('community_sessions', activity.community_sessions),
        ('knives_surrendered', activity.knives_surrendered)
    ) as each_measure (measure, value)

    union all

    select
        'yot_kpi',
        coalesce(supplier.area_code, 'LANCS-14'),
        kpi.period_start_on,
        kpi.period_end_on,
        kpi.kpi_code || ', ' || kpi.cohort_code,
        each_measure.measure,
        each_measure.value,
        'exact',
        kpi.is_synthetic
    from kpi
    left join supplier on lower(kpi.yot_code) = supplier.supplier
    cross join lateral (
        values
        ('numerator', kpi.numerator),
        ('denominator', kpi.denominator)
    ) as each_measure (measure, value)

    union all

    select
        'programme_published_figures',
        'LANCS-14',
        figure_started_on,
        figure_ended_on,
        item,
        corrected_label,
        value,
        value_qualifier,
        is_synthetic
    from printed

)

-- A number that nobody told is none.
select * from measured
where value is not null
