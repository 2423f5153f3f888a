"""What the site asks of publish. It names no table of another schema."""

from __future__ import annotations

RELEASES = """
    select
        release_id, released_at at time zone 'Europe/London' as released_at, previous_release_id, git_revision, note,
        submission_count, indicator_count,
        coalesce(is_synthetic, false) as is_synthetic, as_of, indicators_new, indicators_gone, areas_new, areas_gone, names_changed,
        deliveries_changed
    from publish.release
    order by release_number desc
"""

SHOWN = "select distinct release_id from publish.indicator_value where release_id is not null"

AREAS = """
    select area_code, area_name, area_type, sort_order, coalesce(upper_tier_code = area_code, false) as is_upper_tier,
        case when area_type = 'district' then boundary_geojson::text end as boundary_geojson
    from publish.area
    order by sort_order, area_code
"""

PERIODS = "select period_id, period_type, period_label, start_on, end_on from publish.period"

INDICATORS = "select * from publish.indicator order by indicator_id"

VALUES = """
    select
        figure.indicator_id, figure.area_code, area.area_name, figure.period_id, period.period_label, figure.sex,
        figure.age_band, figure.ethnicity, figure.imd_quintile, figure.count, figure.denominator, figure.value,
        figure.lower_ci_95, figure.upper_ci_95, figure.lower_ci_998, figure.upper_ci_998, figure.method, figure.comparison,
        figure.england_value, figure.comparison_england, figure.year_earlier_value, figure.year_earlier_change_percent,
        figure.comparison_year_earlier, figure.trend, figure.status, figure.release_id,
        told.at_least as hidden_at_least, told.at_most as hidden_at_most
    from publish.indicator_value as figure
    inner join publish.area as area on figure.area_code = area.area_code
    inner join publish.period as period on figure.period_id = period.period_id
    left join publish.hidden_range as told
        on
            figure.indicator_id = told.indicator_id
            and figure.area_code = told.area_code
            and figure.period_id = told.period_id
            and figure.sex = told.sex
            and figure.age_band = told.age_band
            and figure.ethnicity = told.ethnicity
            and figure.imd_quintile = told.imd_quintile
            and figure.status = 'suppressed'
    where figure.indicator_id = %(id)s and figure.release_id = %(release)s
    order by
        area.sort_order, area.area_code, period.period_type, period.end_on, figure.sex, figure.age_band, figure.ethnicity,
        figure.imd_quintile
"""

ANNOTATIONS = """
    select
        event.kind, event.starts_on, event.ends_on, event.annotation, coalesce(event.source, '') as source, event.is_verified,
        array_agg(beside.period_id) filter (where beside.is_beside_figure) as touched,
        array_agg(beside.period_id) filter (where beside.is_beside_year_earlier_change) as changed,
        array_agg(beside.period_id) filter (where beside.is_beside_trend) as trended
    from publish.indicator_annotation as event
    left join publish.figure_annotation as beside
        on event.indicator_id = beside.indicator_id and event.annotation_id = beside.annotation_id
    where event.indicator_id = %(id)s
    group by event.annotation_id, event.kind, event.starts_on, event.ends_on, event.annotation, event.source, event.is_verified
    order by event.starts_on, event.annotation
"""

FEEDS = """
    select
        feed, feed_name, supplier, supplier_name, status, latest_period_ends_on, next_due_on, accepted_count, superseded_count,
        refused_count, refused_period_count, is_synthetic, is_open
    from publish.feed_status
    order by feed_name, feed, supplier_name, supplier
"""

DELIVERIES = """
    select
        feed, supplier, count(*) filter (where status = 'accepted') as deliveries,
        sum(rows_in_file) as rows_in_file, sum(rows_accepted) as rows_accepted, sum(rows_quarantined) as rows_quarantined,
        sum(rows_duplicate) as rows_duplicate, sum(rows_warned) as rows_warned, bool_and(is_exact) as is_exact,
        mode() within group (order by rows_band) as rows_band, min(accepted_share) as least_share
    from publish.data_quality
    where status = 'accepted'
    group by feed, supplier
    order by feed, supplier
"""

WORSE = """
    select indicator_id, area_code, area_name, is_worse, is_worsening
    from publish.worse_and_worsening
    order by indicator_id, area_name, area_code
"""

SIMILAR = """
    select
        area_code, similar_area_name, distance, imd_score, under_25_percent, people_per_km2, minority_percent,
        similar_imd_score, similar_under_25_percent, similar_people_per_km2, similar_minority_percent
    from publish.similar_area
    order by area_code, rank
"""
