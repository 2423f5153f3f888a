"""The layers of the dbt project. A module of its own, because the DAG reads it whenever it is parsed."""

# In the order in which they are built. Each is a task of build_outcomes.
LAYERS = {
    "reference": ["resource_type:seed", "path:functions/stats"],
    "staging": ["path:models/staging"],
    "intermediate": ["path:models/intermediate"],
    "indicators": ["path:models/indicators"],
    "counts": ["path:models/counts"],
    "marts": ["path:models/marts"],
    "publish": ["path:functions/publish", "path:models/publish"],
}
# After this layer the persons of the services are linked, which is a task of its own and no model.
LINK_AFTER = "staging"
