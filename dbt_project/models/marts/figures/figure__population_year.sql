-- Logged, because a build to which no populations came passes over it, and finds nothing in an unlogged table after a crash.
{{ config(unlogged=false) }}

{{ population_year() }}
