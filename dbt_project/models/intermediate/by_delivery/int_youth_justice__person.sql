with recursive day as (

    {{ knowledge_days(['yot_caseload']) }}

),

child as (

    select * from {{ ref('stg_yot_caseload__child') }}

),

known as (

    select distinct
        day.known_from_on,
        day.known_until_on,
        child.child_pid,
        child.pnc_pid,
        child.upn_pid
    from child
    inner join day on child.known_from_on <= day.known_from_on and child.known_until_on > day.known_from_on

),

-- Two teams' children with the same PNC number or UPN are one child. Numbers that are not valid are NULL and link nobody.
link as (

    select known.known_from_on, known.child_pid, other.child_pid as linked_pid
    from known
    inner join known as other on known.known_from_on = other.known_from_on and known.pnc_pid = other.pnc_pid
    union
    select known.known_from_on, known.child_pid, other.child_pid as linked_pid
    from known
    inner join known as other on known.known_from_on = other.known_from_on and known.upn_pid = other.upn_pid

),

-- And so is who is linked to one of them.
reached as (

    select known_from_on, child_pid, child_pid as linked_pid
    from known
    union
    select reached.known_from_on, reached.child_pid, link.linked_pid
    from reached
    inner join link on reached.known_from_on = link.known_from_on and reached.linked_pid = link.child_pid

),

person as (

    select known_from_on, child_pid, min(linked_pid) as person_pid
    from reached
    group by known_from_on, child_pid

),

span as (

    select
        person.child_pid,
        person.person_pid,
        unnest(range_agg(daterange(day.known_from_on, day.known_until_on))) as days
    from person
    inner join day on person.known_from_on = day.known_from_on
    group by person.child_pid, person.person_pid

),

final as (

    select
        child_pid,
        person_pid,
        lower(days) as known_from_on,
        upper(days) as known_until_on
    from span

)

select * from final
