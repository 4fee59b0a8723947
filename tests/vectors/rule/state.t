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
%4
*filter
:FORWARD
-m state --state new;-m state --state NEW;OK
-m state --state NEW,ESTABLISHED,RELATED,INVALID,UNTRACKED;-m state --state INVALID,NEW,RELATED,ESTABLISHED,UNTRACKED;OK
-m state --state ESTABLISHED,RELATED;-m state --state RELATED,ESTABLISHED;OK
-m state ! --state NEW;=;OK
-m state --state N;-m state --state NEW;OK
-m state --state NEW,;=;FAIL
-m state --state ,NEW;=;FAIL
-m state --state "";=;FAIL
-m state --state DNAT;=;FAIL
-m state --state NONE;=;FAIL
-m state --state EST;-m state --state ESTABLISHED;OK
-m state --state NEW,NEW;-m state --state NEW;OK
-m state --state "NEW, ESTABLISHED";=;FAIL
