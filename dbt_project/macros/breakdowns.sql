{# The groups by which indicators are broken down. A macro and not a join, because every event is put into them. #}

{# The fine band of an age in whole years (seed age_band): reporting and standard bands are sums of these. #}
{% macro age_band(age) -%}
    case
        when {{ age }} is null or {{ age }} < 0 then 'unknown'
        when {{ age }} = 15 then '15'
        when {{ age }} between 16 and 17 then '16-17'
        when {{ age }} between 18 and 19 then '18-19'
        when {{ age }} >= 90 then '90+'
        else lpad(({{ age }} / 5 * 5)::text, 2, '0') || '-' || lpad(({{ age }} / 5 * 5 + 4)::text, 2, '0')
    end
{%- endmacro %}

{# male, female, or unknown for any other code. #}
{% macro sex_group(code) -%}
    case when {{ code }} in ('M', 'Male', '1') then 'male' when {{ code }} in ('F', 'Female', '2') then 'female' else 'unknown' end
{%- endmacro %}

{# The five groups of the census of 2011, of police and youth justice codes (16+1, IC1 to IC6), of the NHS's letters and of the
   DfE's four letters. #}
{% macro ethnic_group(code) -%}
    case
        when {{ code }} in ('W1', 'W2', 'W9', 'IC1', 'IC2', 'A', 'B', 'C', 'WBRI', 'WIRI', 'WIRT', 'WOTH', 'WROM') then 'white'
        when {{ code }} in ('M1', 'M2', 'M3', 'M9', 'D', 'E', 'F', 'G', 'MWBC', 'MWBA', 'MWAS', 'MOTH') then 'mixed'
        when
            {{ code }} in (
                'A1', 'A2', 'A3', 'A9', 'O1', 'IC4', 'IC5', 'H', 'J', 'K', 'L', 'R', 'AIND', 'APKN', 'ABAN', 'AOTH', 'CHNE'
            )
            then 'asian'
        when {{ code }} in ('B1', 'B2', 'B9', 'IC3', 'M', 'N', 'P', 'BCRB', 'BAFR', 'BOTH') then 'black'
        when {{ code }} in ('O9', 'IC6', 'S', 'OOTH') then 'other'
        else 'not_stated'
    end
{%- endmacro %}
