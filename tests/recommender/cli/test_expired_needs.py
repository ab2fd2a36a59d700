"""Commands whose needs have expired end with exit code 1 and say what to do."""

from __future__ import annotations


def test_commands_say_what_to_do(run, copy, monkeypatch, one_line) -> None:
    monkeypatch.setenv("RECOMMENDER_TODAY", "2028-01-01")
    teacher = str(copy.tables["teachers"]["teacher_id"][0])
    plan = ("plan", "--district", "440300", "--budget", "1000")
    for words in (("recommend", "--teacher", teacher), ("recommend", "--all"), ("recommend", "--prepare"), plan):
        code, out, err = run(*words, workspace=copy.root)
        assert code == 1 and one_line(err[err.index("recommender: "):]) and "recommender diagnose" in err, words
    code, out, _ = run("diagnose", workspace=copy.root)
    assert code == 0 and "The needs have expired" in out
    code, out, _ = run("doctor", workspace=copy.root)
    assert "The needs have expired" in out
