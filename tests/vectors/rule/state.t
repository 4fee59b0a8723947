%4
*filter
:FORWARD
-m state --state NEW;=;OK
-m state --state N,E,R;-m state --state NEW,RELATED,ESTABLISHED;OK
-m state ! --state INVALID,UNTRACKED;=;OK
-m state --state SNAT;=;FAIL
-m state;=;FAIL
-m state --state NEW --state NEW;=;FAIL
-m state --state INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED;=;OK
