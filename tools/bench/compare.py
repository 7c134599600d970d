"""`python -m bench.compare OLD.json NEW.json`: two results of `python -m bench`, as ratios."""

from __future__ import annotations

from pathlib import Path

import click
from pydantic import ValidationError
from rich.console import Console

from bench import report


def _read(path: Path) -> report.Result:
    try:
        return report.Result.model_validate_json(path.read_bytes())
    except ValidationError as why:
        raise click.ClickException(
            f"{path} is no result of the benchmark ({why.error_count()} fields do not fit): "
            "make one with `python -m bench --json FILE`. "
            f"{path} 不是测试结果（{why.error_count()} 处不符）："
            "请用 `python -m bench --json 文件` 生成。"
        ) from why


@click.command()
@click.argument("old", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(old: Path, new: Path) -> None:
    """Show every figure of two results, and the new one against the old one."""
    before, after = _read(old), _read(new)
    console = Console()
    differ = {
        key: (before.machine.get(key), value)
        for key, value in after.machine.items()
        if key not in ("load_before", "sync_p50_us") and before.machine.get(key) != value
    }
    for key, (one, other) in differ.items():
        console.print(f"not the same {key.replace('_', ' ')}: {one}, {other}", highlight=False)
    console.print(report.comparison(before, after))


if __name__ == "__main__":
    main()
