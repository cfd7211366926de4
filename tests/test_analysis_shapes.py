"""SQL as an analysis shows it: no keys, and outside DEBUG nothing that a user may have written."""

from __future__ import annotations

import pytest

from drf_autoprefetch.explaining.analysis.shapes import is_transaction, shape


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("SELECT a FROM b WHERE c IN (%s, %s, %s)", "SELECT a FROM b WHERE c IN (…)"),
        ("SELECT a FROM b WHERE c IN (%s) AND d = %s", "SELECT a FROM b WHERE c IN (%s) AND d = %s"),
        ("WHERE (a, b) IN ((%s, %s), (%s, %s))", "WHERE (a, b) IN ((…), …)"),
        ("WHERE (a) IN ((%s), (%s))", "WHERE (a) IN ((…), …)"),
        ("WHERE lower(a) = lower(%s) AND (b) = (%s)", "WHERE lower(a) = lower(%s) AND (b) = (%s)"),
    ],
)
def test_lists_of_keys_are_one_sign(sql, shown):
    assert shape(sql, "sqlite", literals=True) == shown


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql", "mysql", "oracle"])
@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("SELECT a FROM b WHERE c = 'Secret' LIMIT 21 OFFSET 40", "SELECT a FROM b WHERE c = … LIMIT 21 OFFSET 40"),
        ("SELECT T3.a1 FROM b T3 WHERE c = 4711 AND d > -1.5e10", "SELECT T3.a1 FROM b T3 WHERE c = … AND d > -…"),
        ("WHERE c = 'It''s Secret' AND d = ''", "WHERE c = … AND d = …"),
        ("WHERE c = 'Secret without an end", "WHERE c = …"),
        ("SELECT 1 -- Secret\nFROM b /* Secret\n*/ WHERE c", "SELECT … …\nFROM b … WHERE c"),
        ("SELECT a /* Secret", "SELECT a …"),
        ("WHERE c LIKE %s AND d = %s", "WHERE c LIKE %s AND d = %s"),
        ("WHERE c = x'5EC4E7' AND e = n'Secret'", "WHERE c = x… AND e = n…"),
        ("WHERE c = 0x5EC4E7", "WHERE c = …"),
    ],
)
def test_what_may_be_of_a_user_is_hidden(vendor, sql, shown):
    assert shape(sql, vendor, literals=False) == shown
    assert shape(sql, vendor, literals=True) == sql


@pytest.mark.parametrize(
    ("vendor", "sql", "shown"),
    [
        ("sqlite", 'SELECT "a""b" FROM "c 5"', 'SELECT "a""b" FROM "c 5"'),
        ("mysql", "SELECT `a``b` FROM `c 5`", "SELECT `a``b` FROM `c 5`"),
        ("mysql", 'WHERE c = "Secret"', "WHERE c = …"),
        ("mysql", r"WHERE c = 'It\'s Secret' OR d", "WHERE c = … OR d"),
        ("postgresql", r"WHERE c = E'It\'s Secret' OR d", "WHERE c = … OR d"),
        ("postgresql", r"WHERE c LIKE '%%' ESCAPE '\' OR d", "WHERE c LIKE … ESCAPE … OR d"),
        ("postgresql", "WHERE c = $$It's Secret$$ OR d", "WHERE c = … OR d"),
        ("postgresql", "WHERE c = $q$It's $$ Secret$q$ OR d", "WHERE c = … OR d"),
        ("postgresql", "WHERE c = $q$Secret", "WHERE c = …"),
    ],
)
def test_each_database_writes_texts_in_its_own_way(vendor, sql, shown):
    assert shape(sql, vendor, literals=False) == shown


@pytest.mark.parametrize("sql", ['SAVEPOINT "s1"', 'RELEASE SAVEPOINT "s1"', 'ROLLBACK TO SAVEPOINT "s1"', " begin"])
def test_blocks_of_transactions_are_known(sql):
    assert is_transaction(sql)
    assert not is_transaction(f"SELECT 1 AS {sql}")
    assert not is_transaction("SELECT savepoint FROM a")
