{# What every file of public_outcomes has to have: indicator and age band, as its feed file lists them. #}
{% macro reference_series() -%}
    ('R01', 'all'), ('R02', 'all'), ('R03', 'all'), ('R04', 'all'), ('R05', 'all'), ('R06', 'all'), ('R07', '15-19'),
    ('R07', '20-24'), ('R08', 'all')
{%- endmacro %}
