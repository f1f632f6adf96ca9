a = 1, b = 2
x = 
foo {
  y = = 3
  z = foo(1, 2
  w = 4
  "q" = 5
  state to "x" {
    a = [1, 2 3]
    b = { a = 1 b = 2 }
    c = "abc
    d = "${ foo(1 }"
    e = x ? 1
    f = a +
    g = 'hello'
  }
  state "a" { b = 1, c = 2 }
  state "a" { on "x" { t = 1 } }
  state "a" { b = 1
  }
  h = [for x y : z]
  i = { for x in y : z }
  j = "\q ${"a"}"
  k = <<EOT
  foo
  EOT
  k = 2
  l: 3
  m
  n.o = 3
  p = a ? b : "${}"
  q = "%{ if a }x"
  r = )
