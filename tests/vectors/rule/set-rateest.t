%4
*mangle
:PREROUTING
-j RATEEST --rateest-name RE1;=;FAIL
-j RATEEST;=;FAIL
-j RATEEST --rateest-name RE2 --rateest-interval 500ms --rateest-ewmalog 1s;-j RATEEST --rateest-name RE2 --rateest-interval 500.0ms --rateest-ewmalog 1.0s;OK
-j RATEEST --rateest-name RE3 --rateest-interval 1s --rateest-ewmalog 1s;=;FAIL
-j RATEEST --rateest-name RE4 --rateest-interval 1s --rateest-ewmalog 0.5s;=;FAIL
-j RATEEST --rateest-name RE5 --rateest-interval 2s --rateest-ewmalog 8s;-j RATEEST --rateest-name RE5 --rateest-interval 2.0s --rateest-ewmalog 8.0s;OK
-j RATEEST --rateest-name RE6 --rateest-interval 8s --rateest-ewmalog 16s;-j RATEEST --rateest-name RE6 --rateest-interval 8.0s --rateest-ewmalog 16.0s;OK
-j RATEEST --rateest-name RE7 --rateest-interval 9s --rateest-ewmalog 16s;=;FAIL
-j RATEEST --rateest-name RE8 --rateest-interval 100ms --rateest-ewmalog 1s;-j RATEEST --rateest-name RE8 --rateest-interval 250.0ms --rateest-ewmalog 2.0s;OK
-j RATEEST --rateest-name RE9 --rateest-interval 250ms --rateest-ewmalog 1s;-j RATEEST --rateest-name RE9 --rateest-interval 250.0ms --rateest-ewmalog 1.0s;OK
-j RATEEST --rateest-name RE10 --rateest-interval 250ms --rateest-ewmalog 3s;-j RATEEST --rateest-name RE10 --rateest-interval 250.0ms --rateest-ewmalog 2.0s;OK
-j RATEEST --rateest-name RE11 --rateest-interval 250ms --rateest-ewmalog 100s;-j RATEEST --rateest-name RE11 --rateest-interval 250.0ms --rateest-ewmalog 64.0s;OK
-j RATEEST --rateest-name RE13 --rateest-interval 250ms --rateest-ewmalog 250ms;=;FAIL
-j RATEEST --rateest-name RE14 --rateest-interval 250ms --rateest-ewmalog 260ms;=;FAIL
-j RATEEST --rateest-name RE15 --rateest-interval 250ms --rateest-ewmalog 400ms;-j RATEEST --rateest-name RE15 --rateest-interval 250.0ms --rateest-ewmalog 500.0ms;OK
-j RATEEST --rateest-name RE16 --rateest-interval 250ms --rateest-ewmalog 1200ms;-j RATEEST --rateest-name RE16 --rateest-interval 250.0ms --rateest-ewmalog 1.0s;OK
-j RATEEST --rateest-name RE17 --rateest-interval 250msec --rateest-ewmalog 1sec;-j RATEEST --rateest-name RE17 --rateest-interval 250.0ms --rateest-ewmalog 1.0s;OK
-j RATEEST --rateest-name RE18 --rateest-interval 250000usecs --rateest-ewmalog 1secs;-j RATEEST --rateest-name RE18 --rateest-interval 250.0ms --rateest-ewmalog 1.0s;OK
-j RATEEST --rateest-name RE19 --rateest-interval 1 --rateest-ewmalog 2;-j RATEEST --rateest-name RE19 --rateest-interval 250.0ms --rateest-ewmalog 500.0ms;OK
-j RATEEST --rateest-name RE20 --rateest-interval 1x --rateest-ewmalog 2s;=;FAIL
-j RATEEST --rateest-name RE21 --rateest-interval 0.25s --rateest-ewmalog 2s;-j RATEEST --rateest-name RE21 --rateest-interval 250.0ms --rateest-ewmalog 2.0s;OK
-j RATEEST --rateest-interval 1s --rateest-ewmalog 2s;=;FAIL
-j RATEEST --rateest-name RE22 --rateest-interval 1s;=;FAIL
-j RATEEST --rateest-name RE23 --rateest-ewmalog 1s;=;FAIL
-j RATEEST --rateest-name RE24567890123456 --rateest-interval 1s --rateest-ewmalog 2s;-j RATEEST --rateest-name RE2456789012345 --rateest-interval 1.0s --rateest-ewmalog 2.0s;OK
-j RATEEST --rateest-name RE25 --rateest-interval 250ms --rateest-ewmalog 500ms;-j RATEEST --rateest-name RE25 --rateest-interval 250.0ms --rateest-ewmalog 500.0ms;OK
-j RATEEST --rateest-name RE26 --rateest-interval 250ms --rateest-ewmalog 510ms;-j RATEEST --rateest-name RE26 --rateest-interval 250.0ms --rateest-ewmalog 500.0ms;OK
-j RATEEST --rateest-name RE27 --rateest-interval 250ms --rateest-ewmalog 869ms;-j RATEEST --rateest-name RE27 --rateest-interval 250.0ms --rateest-ewmalog 500.0ms;OK
-j RATEEST --rateest-name RE28 --rateest-interval 250ms --rateest-ewmalog 870ms;-j RATEEST --rateest-name RE28 --rateest-interval 250.0ms --rateest-ewmalog 1.0s;OK
-j RATEEST --rateest-name RE29 --rateest-interval 250ms --rateest-ewmalog 1872ms;-j RATEEST --rateest-name RE29 --rateest-interval 250.0ms --rateest-ewmalog 1.0s;OK
-j RATEEST --rateest-name RE30 --rateest-interval 250ms --rateest-ewmalog 1873ms;-j RATEEST --rateest-name RE30 --rateest-interval 250.0ms --rateest-ewmalog 2.0s;OK
-j RATEEST --rateest-name RE31 --rateest-interval 250ms --rateest-ewmalog 361ms;-j RATEEST --rateest-name RE31 --rateest-interval 250.0ms --rateest-ewmalog 500.0ms;OK
-j RATEEST --rateest-name RE32 --rateest-interval 250ms --rateest-ewmalog 360ms;=;FAIL
-j RATEEST --rateest-name RE33 --rateest-interval 250ms --rateest-ewmalog 1000s;-j RATEEST --rateest-name RE33 --rateest-interval 250.0ms --rateest-ewmalog 512.0s;OK
-j RATEEST --rateest-name RE34 --rateest-interval 250ms --rateest-ewmalog 60s;-j RATEEST --rateest-name RE34 --rateest-interval 250.0ms --rateest-ewmalog 32.0s;OK
-j RATEEST --rateest-name RE35 --rateest-interval 250ms --rateest-ewmalog 3600s;-j RATEEST --rateest-name RE35 --rateest-interval 250.0ms --rateest-ewmalog 2048.0s;OK
*raw
:PREROUTING
-j RATEEST --rateest-name R1 --rateest-interval 250ms --rateest-ewmalog 500ms;-j RATEEST --rateest-name R1 --rateest-interval 250.0ms --rateest-ewmalog 500.0ms;OK
