%6
*filter
:FORWARD
-m frag;=;OK
-m frag --fragid 5;=;OK
-m frag --fragid 5:9;=;OK
-m frag ! --fragid 5:9;=;OK
-m frag --fragid :;-m frag;OK
-m frag ! --fragid :;-m frag ! --fragid 0:4294967295;OK;1.8.9=-m frag
-m frag --fragid 9:5;=;FAIL;1.8.9==
-m frag --fragid 4294967295;=;OK
-m frag --fragid 4294967296;=;FAIL
-m frag --fraglen 8;=;OK
-m frag ! --fraglen 8;=;OK
-m frag --fraglen 5:6;=;FAIL
-m frag --fraglen 4294967296;=;FAIL
-m frag --fragres;=;OK
-m frag ! --fragres;=;FAIL
-m frag --fragfirst;=;OK
-m frag ! --fragfirst;=;FAIL
-m frag --fragmore;=;OK
-m frag ! --fragmore;=;FAIL
-m frag --fraglast;=;OK
-m frag ! --fraglast;=;FAIL
-m frag --fragmore --fraglast;=;FAIL
-m frag --fraglast --fragmore;=;FAIL
-m frag --fraglast --fragfirst --fragres --fraglen 8 --fragid 3;-m frag --fragid 3 --fraglen 8 --fragres --fragfirst --fraglast;OK
-m frag --fragfirst --fragmore;=;OK
-m frag --fraglen 0;=;OK
-m frag ! --fraglen 0;=;OK
