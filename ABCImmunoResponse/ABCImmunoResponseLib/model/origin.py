"""Were features made as those that the model was trained on: the same names, recipe and engine?"""

from ABCImmunoResponseLib.errors import FeatureError, RecipeError
from ABCImmunoResponseLib.features.engine import equal_engines
from ABCImmunoResponseLib.features.table import FeatureTable
from ABCImmunoResponseLib.model.bundle import Bundle, names_sha256


def check_origin(bundle: Bundle, table: FeatureTable) -> None:
    """Refuse features whose values cannot be those that the bundle's model means.

    Raises
    ------
    RecipeError
        If they were made with another recipe or have other names than the bundle's.
    FeatureError
        If they were made with engines that are not known to give equal values.
    """
    wanted = bundle.description["input"]
    if names_sha256(table.names) != wanted["names_sha256"]:
        raise RecipeError(f"These features have other names, or another order, than bundle {bundle.id} was made with.")
    if table.recipe_sha256 != wanted["recipe"]["sha256"]:
        raise RecipeError(
            f"These features were made with recipe {table.ids[0].recipe} ({table.recipe_sha256[:12]}), bundle "
            f"{bundle.id} with {wanted['recipe']['name']} ({wanted['recipe']['sha256'][:12]}): extract them again."
        )
    table_engine(table)


def table_engine(table: FeatureTable) -> str:
    """Return the engine, with its version, that made the features; the first where several gave equal values.

    Raises
    ------
    FeatureError
        If lesions were measured with engines that are not known to give equal values.
    """
    engines = sorted({row.engine for row in table.ids})
    if not all(equal_engines(engines[0], other) for other in engines[1:]):
        raise FeatureError(
            f"A feature table must be made with engines of equal values, not with {', '.join(engines)[:200]}: extract "
            "all lesions with the same one."
        )
    return engines[0]
