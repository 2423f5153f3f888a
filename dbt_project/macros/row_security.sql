{# Post-hook of a table whose rows belong to partners (column `partner`). A table that dbt makes anew has neither policies
   nor grants; hook and grants run in the transaction of the swap, so that no reader meets the table without them.

   The policy knows the partner from the name of the role that signed in. Nobody but a superuser can set session_user: not
   by SET ROLE, as current_user can, and not by SET, as a variable can. A table of roles and partners would say the same,
   but every analyst would have to be able to read it.

   FORCE binds the owner too. Its own policy asks who signed in as well, so that a view of the owner's over this table, which
   runs with the owner's rights, shows an analyst nothing. `figures` are the columns of which no statistics are kept: the
   planner's estimates come from the rows of all partners, and EXPLAIN prints them. #}
{% macro row_security(figures) -%}
    alter table {{ this }} enable row level security;
    alter table {{ this }} force row level security;
    create policy own_partner on {{ this }} for select to vrn_analyst
        using ('vrn_analyst_' || partner = session_user::text);
    create policy builder on {{ this }} to vrn_owner
        using (session_user = 'vrn_owner') with check (session_user = 'vrn_owner');
    {% for column in figures %}
    alter table {{ this }} alter column {{ column }} set statistics 0;
    {% endfor %}
{%- endmacro %}
