"""Sources of evidence, one class a file: every module of this package is imported, and registers its class.

To add one, add a file here with a class under `@register`; nothing else changes, a table of its own apart
(`features/schema`).
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
