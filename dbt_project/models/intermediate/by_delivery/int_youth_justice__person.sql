with recursive day as (

    {{ knowledge_days(['yot_caseload']) }}

),

child as (

    select * from {{ ref('stg_yot_caseload__child') }}

),

known as (

    select distinct day_from_on, day_until_on, child_pid, pnc_pid, upn_pid
    from ({{ on_days_known('child') }}) as child_on_day

),

-- Two teams' children with the same PNC number or UPN are one child. Numbers that are not valid are NULL and link nobody.
link as (

    select known.day_from_on, known.child_pid, other.child_pid as linked_pid
    from known
    inner join known as other on known.day_from_on = other.day_from_on and known.pnc_pid = other.pnc_pid
    union
    select known.day_from_on, known.child_pid, other.child_pid as linked_pid
    from known
    inner join known as other on known.day_from_on = other.day_from_on and known.upn_pid = other.upn_pid

),

-- And so is who is linked to one of them.
reached as (

    select day_from_on, day_until_on, child_pid, child_pid as linked_pid
    from known
    union
    select reached.day_from_on, reached.day_until_on, reached.child_pid, link.linked_pid
    from reached
    inner join link on reached.day_from_on = link.day_from_on and reached.linked_pid = link.child_pid

),

person as (

    select day_from_on, day_until_on, child_pid, min(linked_pid) as person_pid
    from reached
    group by day_from_on, day_until_on, child_pid

),

final as (

    {{ spans_of_days('person', ['child_pid', 'person_pid']) }}

)

select * from final
