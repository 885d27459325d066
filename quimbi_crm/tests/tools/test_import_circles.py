"""No two modules import each other, directly or through others. Import-linter holds the layers, which says less."""

from graphlib import CycleError, TopologicalSorter

import grimp

PACKAGES = ("script", "quimbi_crm", "intelligence", "tickets", "agents")


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Counts imports inside functions, too, but none that only the type checker follows."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    assert len(graph.modules) > 500
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as circle:
        raise AssertionError(f"A circle: {' → '.join(reversed(circle.args[1]))}") from None
