"""The layers of the dbt project. A module of its own, because the DAG reads it whenever it is parsed."""

# In the order in which they are built.
LAYERS = {
    "reference": ["resource_type:seed", "path:functions/stats"],
    "staging": ["path:models/staging"],
    "intermediate": ["path:models/intermediate"],
    "indicators": ["path:models/indicators"],
    "counts": ["path:models/counts"],
    "marts": ["path:models/marts", "path:tests"],
    "publish": ["path:functions/figures", "path:functions/publish", "path:models/publish"],
}
GATHER, LINK = "gather", "link"
# The steps of a build: each layer; the wait for what came together, before the first layer that rests on deliveries; and after
# staging the linkage of persons, which is no model.
STEPS = ("reference", GATHER, "staging", LINK, "intermediate", "indicators", "counts", "marts", "publish")


def task_id(step: str) -> str:
    """The task of build_outcomes that shows a step."""
    return f"build_{step}" if step in LAYERS else step
