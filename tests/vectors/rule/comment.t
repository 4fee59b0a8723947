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
%4
*filter
:FORWARD
-m comment --comment x;=;OK
-m comment --comment "a b";=;OK
-m comment --comment 'a"b';-m comment --comment "a\"b";OK
-m comment --comment "a'b";-m comment --comment "a\'b";OK
-m comment --comment '$a`b';-m comment --comment "$a`b";OK
-m comment --comment a:b;-m comment --comment "a:b";OK
-m comment --comment a/b;-m comment --comment "a/b";OK
-m comment --comment é;-m comment --comment "é";OK
-m comment --comment !;-m comment --comment "!";OK
-m comment --comment -x;=;OK
-m comment ! --comment x;=;FAIL
-m comment --comment x --comment y;=;FAIL
-m comment --comment x -m comment --comment y;=;OK
-m comment --comment aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;-m comment --comment aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;OK
-m comment --comment aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;-m comment --comment aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;OK
