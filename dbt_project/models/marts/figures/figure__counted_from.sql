{{ config(materialized='view', unlogged=false) }}

-- From dbt's graph, because an indicator's file says its feeds and not which of their tables it counts.
{{ entities_of_indicators() }}
