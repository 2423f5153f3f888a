{{ config(pre_hook="{{ mark_submissions() }}") }}

{% if model.resource_type != 'unit_test' -%}
-- depends_on: {{ ref('int_crime__street_identifier') }}, {{ ref('stg_ops__submission') }}
{% endif -%}
with crime as (

    select * from {{ ref('stg_police_street_crime__crime') }}
    {% if is_incremental() %}
    where
        {{ is_read() }} and (
            {{ is_touched('recorded_month_on') }}
            or crime_id in (
                select crime_id from {{ ref('int_crime__street_identifier') }}
                where {{ is_touched('month_on') }}
            )
        )
    {% endif %}

),

lsoa as (

    select * from {{ ref('int_place__lsoa') }}

),

-- Who serves beside the force and is expected in no month, as the British Transport Police: a station's robberies are
-- counted, and what happened elsewhere in the country is not.
beside_the_force as (

    select supplier from {{ source('ops', 'feed_supplier') }}
    where feed = 'police_street_crime' and not is_expected

),

identified as (

    select * from crime
    where crime_id is not null

),

-- A crime that comes again, in its file or in a later month's, is one crime: of the first month it was in, with the
-- place and the outcome of the latest of its rows that says so, because real files leave them blank in one row and
-- fill them in another. Incidents without an identifier are each their own.
first_seen as (

    {{ versions_as_known(
        'identified',
        'crime_id',
        'recorded_month_on, row_number desc',
        filled={
            'outcome_category': {'column': 'last_outcome_category'},
            'placed_lsoa_code': {'column': 'lsoa_code'},
            'placed_longitude': {'column': 'longitude', 'of': 'lsoa_code'},
            'placed_latitude': {'column': 'latitude', 'of': 'lsoa_code'}
        },
        filled_by='keyed.recorded_month_on desc, keyed.row_number desc'
    ) }}

),

counted_once as (

    select
        submission_id,
        row_number,
        supplier,
        crime_id,
        recorded_month_on,
        crime_type,
        outcome_category,
        placed_lsoa_code as lsoa_code,
        placed_longitude as longitude,
        placed_latitude as latitude,
        version_from_on as known_from_on,
        version_until_on as known_until_on,
        is_synthetic
    from first_seen

    union all

    select
        submission_id,
        row_number,
        supplier,
        crime_id,
        recorded_month_on,
        crime_type,
        last_outcome_category as outcome_category,
        lsoa_code,
        longitude,
        latitude,
        known_from_on,
        known_until_on,
        is_synthetic
    from crime
    where crime_id is null

),

placed as (

    select
        counted_once.submission_id,
        counted_once.row_number,
        counted_once.crime_id,
        counted_once.recorded_month_on as month_on,
        counted_once.crime_type,
        counted_once.outcome_category,
        case
            when lsoa.district_code is not null then lsoa.district_code
            when counted_once.lsoa_code is not null then 'OUT'
            else 'UNK'
        end as area_code,
        counted_once.lsoa_code,
        lsoa.harmonised_lsoa_code,
        counted_once.longitude,
        counted_once.latitude,
        greatest(counted_once.known_from_on, lsoa.known_from_on) as known_from_on,
        least(counted_once.known_until_on, lsoa.known_until_on) as known_until_on,
        counted_once.is_synthetic
    from counted_once
    {{ place_while_known('counted_once.lsoa_code', 'daterange(counted_once.known_from_on, counted_once.known_until_on)') }}
    where lsoa.district_code is not null or counted_once.supplier not in (select supplier from beside_the_force)

)

select * from placed
where {{ is_touched('month_on') }}
