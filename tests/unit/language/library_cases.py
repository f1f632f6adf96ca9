"""Calls of the functions that do more than text and numbers, and the values that they have."""

from typing import Any

from engine.language.values import number

LIBRARY_CASES: list[tuple[str, Any]] = [
    ('coalesce(1, "a")', "1"), ('coalesce(null, 5, "x") == 5', False), ("coalesce(null, 1, true)", 1), ('coalesce("", 5)', "5"), ('coalesce(true, "a")', "true"),
    ("coalesce(2, 1.5)", 2), ("coalesce([1], 2)", [1]), ('coalesce({ a = 1 }, { b = "x" })', {"a": 1}), ('anytrue(["true"])', True), ("anytrue([null])", False),
    ("anytrue([null, true])", True), ("alltrue([null])", False), ('alltrue(["true", true])', True),
    ('transpose({a = [1, "x"], b = ["x"]})', {"1": ["a"], "x": ["a", "b"]}), ('index(["a", 1], 1.0)', 1),
    ('matchkeys([1, 2, 3], ["a", {b = 1}, "a"], [{b = 1.0}])', [2]), ("chunklist([1, 2, 3], 2)", [[1, 2], [3]]), ("chunklist([1], 0)", [[1]]),
    ("coalescelist(null, [], [1])", [1]), ("setunion([2, 1], [10, 1.0])", [1, 2, 10]), ('setintersection(["b", "a"], ["a", "b", "c"])', ["a", "b"]),
    ("setsubtract([3, null, 1], [3])", [1, None]), ("setsymmetricdifference([true, false], [true])", [False]),
    ('setunion([[2], {a = 1}, "b", 1, true, null, "é"], ["e\\u0301"])', [True, 1, "b", "é", [2], {"a": 1}, None]),
    ('setproduct(["b", "a"], [1, 2])', [["b", 1], ["b", 2], ["a", 1], ["a", 2]]), ("setproduct([1], [])", []),
    ('toset(["b", "a", "b"])', ["a", "b"]), ("tolist(null)", None), ("tomap({a = 1})", {"a": 1}),
    ("range(0.5)", [0]), ("range(-2)", [0, -1]), ("range(2, 0)", [2, 1]), ("range(0, 1, 0.25)", [0, number("0.25"), number("0.5"), number("0.75")]),
    ("length(range(0, 1, 0.3333333333333333333333333333333))", 4),
    ('strrev("a\\U0001F469\\u200d\\U0001F467e\\u0301")', "é\U0001f469\u200d\U0001f467a"), ('indent(2, "a\\nb\\n")', "a\n  b\n  "),
    ('substr("noe\\u0308l", 2, 1)', "ë"), ('upper("ßŉ\\u1fb3")', "ßŉ\u1fbc"), ('lower("İΑΣ")', "i\u03b1\u03c3"), ('title("o\'neil_x ǆ")', "O'Neil_x ǅ"),
    ('trimspace("\\u001fa\\u2003")', "\x1fa"), ('formatlist("%s-%d", ["a", "b"], 1)', ["a-1", "b-1"]), ('format("%[2]s %[1]s", "a", "b")', "b a"),
    ('format("%v %g %e %#x %08.3f %-4d|", 1234567, 0.00001, 12, 255, -1.5, 3)', "1.234567e+06 1e-05 1.200000e+01 0xff -001.500 3   |"),
    ('format("%v %#v %q", null, "<a>", "<")', 'null "\\u003ca\\u003e" "\\u003c"'), ('jsonencode("<&>")', '"\\u003c\\u0026\\u003e"'),
    ('templatestring("%%{ for k in keys ~}\\n$${k}\\n%%{ endfor ~}", {keys = ["a", "b"]})', "a\nb\n"),
    ('templatestring("$${upper(x)}", {x = "a"})', "A"), ('templatestring("", {})', ""), ('templatestring("\\n", {})', "\n"),
    ('templatestring("a\\\\n$$${x}", {})', "a\\n${x}"), ('templatestring("a $${x ~}\\n\\n", {x = 1})', "a 1\n"), ('templatestring("END0\\nEND1", {})', "END0\nEND1"),
    ("int(-1.9)", -1), ("log(8, 2)", 3), ("log(1, 10)", 0), ("pow(2, 0.5)", number("1.4142135623730951")), ("pow(0, 0)", 1), ("pow(-2, 3)", -8),
    ("pow(2, -1)", number("0.5")), ("pow(10, -400)", 0), ('parseint("+7", 8)', 7), ('parseint("Zz", 62)', 3817), ('tonumber("+.5")', number("0.5")),
    ('tobool("1")', True), ('base64encode("ü")', "w7w="), ('base64decode("w7\\nw=")', "ü"), ('urlencode("a b/ü~")', "a+b%2F%C3%BC~"),
    ('urldecode("a+b%2F%c3%bc")', "a b/ü"), ('base64sha256("")', "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ('base64sha512("")', "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="),
    ('md5("")', "d41d8cd98f00b204e9800998ecf8427e"), ('sha1("")', "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ('sha256("")', "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), ('sha512("")', "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"),
    ('uuidv5("dns", "www.example.com")', "2ed6657d-e927-568b-95e1-2665a8aea6a2"),
    ('uuidv5("6BA7B810-9dad-11d1-80b4-00c04fd430c8", "www.example.com")', "2ed6657d-e927-568b-95e1-2665a8aea6a2"),
    ('csvdecode("a,b\\r\\n1,\\"x\\r\\n\\"\\"y\\"\\"\\"\\n\\n2,")', [{"a": "1", "b": 'x\n"y"'}, {"a": "2", "b": ""}]), ('csvdecode("a")', []),
    ('jsondecode("\\"\\\\ud800\\\\ud83d\\\\ude00\\"")', "\ufffd\U0001f600"),
    ('formatdate("EEEE, D MMMM YYYY, H:mm aa", "2026-01-30T00:05:00+02:00")', "Friday, 30 January 2026, 12:05 am"),
    ('formatdate("YYYY-MM-DD\'T\'hh:mm:ssZ", "2026-01-30T23:05:09.5Z")', "2026-01-30T23:05:09Z"),
    ('timeadd("2026-01-30T12:00:00.7Z", "-1.5h300ms")', "2026-01-30T10:30:00Z"), ('timecmp("2026-01-30T12:00:00.0000001Z", "2026-01-30T12:00:00Z")', 1),
    ('timecmp("2026-01-30", "2026-01-30T02:00:00.000+0200")', 0), ('basename("a/b//")', "b"), ('basename("/")', "/"), ('dirname("/a/../b/c")', "/b"), ('dirname("a")', "."),
    ('regexall("a*", "baaac")', ["", "aaa", ""]), ('regexreplace("baaac", "a*", "-")', "-b-c-"), ('regexreplace("ab", "(?P<n>a)", "$${n}$01$$$n")', "a$ab"),
    ('join("-", ["a"], [1, true])', "a-1-true"),
]  # fmt: skip

#: Calls that are refused.
LIBRARY_REFUSALS = [
    "coalesce(1, true)", "alltrue([1])", 'anytrue([true, "x"])', 'alltrue([false, "x"])',
    'base64decode("/w==")', 'base64decode("YQ")', 'base64decode("é")', 'urldecode("%f")', 'urldecode("%ff")', 'csvdecode("")', 'csvdecode("a,a\\n1,2")',
    'csvdecode("a,b\\n1")', 'csvdecode("a\\nx\\"y")', 'csvdecode("a\\n\\"x")', 'formatdate("YYY", "2026-01-30T00:00:00Z")', "formatdate(\"'\", \"2026-01-30T00:00:00Z\")",
    'formatdate("D", "yesterday")', 'formatdate("D", "2026-01-30T00:00:00+01:00:30")', "log(0, 10)", "log(10, 1)", "log(10, -1)", "pow(10, 1000000000)", "pow(-8, 0.5)", "pow(0, -1)", 'pow("1e400", 1)',
    'indent(-1, "a\\nb")', 'indent(0.5, "a")', "chunklist([1], -1)", "coalescelist([], null)", 'coalescelist("a")', "setproduct([1])", "setunion()", 'setunion("a")',
    "tolist({})", "tomap([])", "transpose({a = 1})", "transpose({a = [[]]})", "index([1], 2)", "matchkeys([1], [], [])", 'uuidv5("nowhere", "a")', "concat()",
    'formatlist("%s%s", ["a"], ["a", "b"])', 'formatlist("%d", ["x"])', 'format("%[3]s", 1)', 'format("%[0]s", 1)', 'format("%", 1)', 'format("%s", null)',
    'format("%t", 1)', 'format("%d", 0.5)', 'templatestring("$${x}", {})', 'templatestring("$${", {})', 'templatestring("$${x}", {x = null})',
    'templatestring("$${x}", {x = []})', 'templatestring("$${templatestring(x, {})}", {x = "a"})', 'templatestring("$${nope()}", {})', 'templatestring("$${upper()}", {})',
    'templatestring("a", 1)', 'templatestring("%%{ if x }", {x = true})', 'regex("(?P<n>a)(b)", "ab")', 'regex("\\\\C", "é")', 'jsondecode("1}")', "range(1, 2, 3, 4)",
    "range(2, 1, 1)", 'parseint("٣", 10)', 'parseint("", 10)', 'substr("a", 1e30, 1)', 'join(",")', 'tonumber("1_0")', 'tonumber("0x1")', 'tonumber(".")',
]  # fmt: skip
