{% set services = ['police', 'youth_offending', 'social_care'] %}
with link as (

    select * from {{ source('persons', 'person_link') }}
    where superseded_at is null

),

feed as (

    select
        submission.feed,
        bool_or(submission.is_synthetic) as is_synthetic
    from {{ source('ops', 'submission') }} as submission
    where submission.status = 'accepted'
    group by submission.feed

),

person as (

    select
        link.person_key,
        {%- for service in services %}
        bool_or(link.service = '{{ service }}') as is_known_to_{{ service }},
        {%- endfor %}
        coalesce(bool_or(feed.is_synthetic), false) as is_synthetic
    from link
    left join feed on link.feed = feed.feed
    group by link.person_key

),

-- Every combination is there, so that one without persons is a zero and not a gap.
combination as (

    select
        {%- for service in services %}
        {{ service }}.known as is_known_to_{{ service }},
        {%- endfor %}
        array_remove(array[
            {%- for service in services %}
            case when {{ service }}.known then '{{ service }}' end
            {%- if not loop.last %},{% endif %}
            {%- endfor %}
        ], null) as services
    from (values (true), (false)) as {{ services[0] }} (known)
    {%- for service in services[1:] %}
    cross join (values (true), (false)) as {{ service }} (known)
    {%- endfor %}
    where
        {%- for service in services %}
        {{ service }}.known
        {%- if not loop.last %} or{% endif %}
        {%- endfor %}

),

counted as (

    select
        combination.services,
        {%- for service in services %}
        combination.is_known_to_{{ service }},
        {%- endfor %}
        cardinality(combination.services) as service_count,
        count(person.person_key) filter (
            where
            {%- for service in services %}
            person.is_known_to_{{ service }} = combination.is_known_to_{{ service }}
            {%- if not loop.last %} and{% endif %}
            {%- endfor %}
        ) as persons,
        count(person.person_key) as persons_known_to_all_of_them,
        coalesce(bool_or(person.is_synthetic), false) as is_synthetic
    from combination
    left join person
        on
            {%- for service in services %}
            (person.is_known_to_{{ service }} or not combination.is_known_to_{{ service }})
            {%- if not loop.last %} and{% endif %}
            {%- endfor %}
    group by
        {%- for service in services %}
        combination.is_known_to_{{ service }},
        {%- endfor %}
        combination.services

)

select
    services,
    {%- for service in services %}
    is_known_to_{{ service }},
    {%- endfor %}
    service_count,
    persons,
    persons_known_to_all_of_them,
    sum(persons) over (partition by service_count)::bigint as persons_known_to_as_many_services,
    is_synthetic
from counted
