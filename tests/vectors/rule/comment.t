%4
*filter
:FORWARD
-m comment --comment foo;=;OK
-m comment --comment "foo bar";=;OK
-m comment --comment "it's \"x\" \\ ";-m comment --comment "it\'s \"x\" \\ ";OK
-m comment --comment "";=;OK
-m comment --comment a.b;-m comment --comment "a.b";OK
-m comment --comment a-b_c;=;OK
-m comment;=;FAIL
-m comment --comment a -m comment --comment b;=;OK
-m comment --comment a --comment b;=;FAIL
