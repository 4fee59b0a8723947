%4
*filter
:OUTPUT
-m owner;=;FAIL
-m owner --uid-owner 0;=;OK
-m owner --uid-owner root;-m owner --uid-owner 0;OK
-m owner --uid-owner 1000;=;OK
-m owner --uid-owner 1000-2000;=;OK
-m owner --uid-owner 2000-1000;=;FAIL
-m owner --uid-owner 5-5;-m owner --uid-owner 5;OK
-m owner ! --uid-owner 1000-2000;=;OK
-m owner --uid-owner nosuchuser;=;FAIL
-m owner --uid-owner "";=;FAIL
-m owner --uid-owner -1;=;FAIL
-m owner --uid-owner 4294967295;=;FAIL
-m owner --uid-owner 4294967294;=;OK
-m owner --uid-owner 4294967296;=;FAIL
-m owner --uid-owner 0-4294967294;=;OK
-m owner --uid-owner 0-4294967295;=;FAIL
-m owner --gid-owner 0;=;OK
-m owner --gid-owner root;-m owner --gid-owner 0;OK
-m owner --gid-owner 100-200;=;OK
-m owner ! --gid-owner 100;=;OK
-m owner --gid-owner nosuchgroup;=;FAIL
-m owner --socket-exists;=;OK
-m owner ! --socket-exists;=;OK
-m owner --uid-owner 1 --gid-owner 2 --socket-exists;-m owner --socket-exists --uid-owner 1 --gid-owner 2;OK
-m owner --socket-exists --gid-owner 2 --uid-owner 1;-m owner --socket-exists --uid-owner 1 --gid-owner 2;OK
-m owner --suppl-groups;=;FAIL
-m owner --suppl-groups --gid-owner 5;=;FAIL
-m owner --gid-owner 5 --suppl-groups ! --socket-exists;-m owner ! --socket-exists --gid-owner 5 --suppl-groups;OK
-m owner --gid-owner 5 ! --suppl-groups;=;FAIL
-m owner --uid-owner 1 --uid-owner 2;=;FAIL
-m owner --uid-owner 0x10;-m owner --uid-owner 16;OK
-m owner --uid-owner 010;-m owner --uid-owner 8;OK
-m owner --uid-owner 1-;=;FAIL
-m owner --uid-owner -5;=;FAIL
-m owner --pid-owner 5;=;FAIL
-m owner --cmd-owner x;=;FAIL
:INPUT
-m owner --uid-owner 0;=;FAIL
:FORWARD
-m owner --uid-owner 0;=;FAIL
*mangle
:POSTROUTING
-m owner --uid-owner 0;=;OK
:PREROUTING
-m owner --uid-owner 0;=;FAIL
*filter
:OUTPUT
%6
-m owner --uid-owner 0;=;OK
-m owner ! --gid-owner 5-7;=;OK
-m owner --socket-exists;=;OK
