a = [1, 2,
b = 3
c = {
  d = 1
  e = 
  f = 2
}
g = foo(
  1,
  2
h {
  i = 1
}
j = x ? y
k = if
l = "${x"
m = "a" "b"
n = 5 6
o = -
p = !
q { r = 1
s = 2
}
t = a.b.
u = a[
v = 1
w = x..y
y = @
z = a == b == 
aa = <<EOT
  hi ${ foo
EOT
bb = 1
