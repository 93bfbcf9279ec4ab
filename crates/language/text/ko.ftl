# 민원 처리 시스템이 사람에게 보여 주는 모든 말의 한국어.
#
# 변수 뒤에는 조사를 붙이지 않습니다. 은/는, 이/가, 을/를은 변수의 받침에 따라 달라지기 때문입니다.
# 같은 열쇠가 en.ftl에도 있어야 하며, 검사가 이를 확인합니다.

## 법령

-act = 민원처리법
-decree = 민원처리법 시행령
-rule = 민원처리법 시행규칙

## 날짜, 시각, 기간, 금액

date = { $year }년 { $month }월 { $day }일
instant = { $date } { $time }
period-immediate = 즉시
period-working-hours = { $count }시간
period-days = { $count }일
period-weeks = { $count }주
period-months = { $count }개월
period-years = { $count }년
won = { $amount }원
# 근무시간으로 잰 시간
working-time = { $minutes ->
    [0] { $hours }시간
   *[other] { $hours }시간 { $minutes }분
}

## 공휴일

day-kind-working = 근무일
day-kind-saturday = 토요일
day-kind-sunday = 일요일

holiday-new-year = 1월 1일
holiday-seollal-eve = 설날 전날
holiday-seollal = 설날
holiday-seollal-next = 설날 다음 날
holiday-independence-movement-day = 3·1절
holiday-labour-day = 노동절
holiday-buddhas-birthday = 부처님오신날
holiday-childrens-day = 어린이날
holiday-memorial-day = 현충일
holiday-constitution-day = 제헌절
holiday-liberation-day = 광복절
holiday-chuseok-eve = 추석 전날
holiday-chuseok = 추석
holiday-chuseok-next = 추석 다음 날
holiday-national-foundation-day = 개천절
holiday-hangul-day = 한글날
holiday-christmas = 기독탄신일
holiday-armed-forces-day = 국군의 날
holiday-presidential-election = 대통령 선거일
holiday-national-assembly-election = 국회의원 선거일
holiday-local-elections = 지방선거일
holiday-temporary = 임시공휴일
# 이름이 있는 임시공휴일
holiday-temporary-for = 임시공휴일({ $holiday })
holiday-substitute = { $holiday } 대체공휴일
# 아직 공표되지 않아 계산한 날
holiday-computed = { $holiday }(잠정)
holiday-joined = { $first }·{ $second }

## 민원의 분류

category-general = 일반민원
category-car = 자동차등록원부 민원
category-building = 건축물대장 민원

petition-kind-statutory = 법정민원
petition-kind-inquiry = 질의민원
petition-kind-suggestion = 건의민원
petition-kind-other = 기타민원
petition-kind-grievance = 고충민원

service-type-instant-issuance = 즉시발급
service-type-deadline-bound = 유기한
service-type-unlinked = 미연계

channel-online = 전자민원창구
channel-counter = 방문
channel-post = 우편
channel-email = 전자우편
channel-telephone = 전화
channel-oral = 구술
channel-kiosk = 무인민원발급창구

petitioners-few = 일반
petitioners-many = 다수인관련민원

grouping-officer = 담당자별
grouping-department = 처리주무부서별
grouping-kind = 민원 종류별
grouping-agency = 기관별
grouping-category = 민원 분야별

## 상태와 결과

application-status-submitted = 신청
application-status-received = 접수
application-status-in-review = 처리중
application-status-awaiting-supplement = 보완요구
application-status-suspended = 처리기간 정지
application-status-approved = 승인
application-status-rejected = 거부
application-status-under-objection = 이의신청 심사
application-status-completed = 처리완료
application-status-returned = 반려
application-status-withdrawn = 취하
application-status-closed = 종결

issuance-status-requested = 발급 신청
issuance-status-authorized = 발급 대기
issuance-status-generating = 발급 처리중
issuance-status-issued = 발급 완료
issuance-status-ready-for-pickup = 수령 대기
issuance-status-expired = 진위확인 기간 만료
issuance-status-cancelled = 발급 취소
issuance-status-failed = 발급 실패
issuance-status-revoked = 발급문서 회수
issuance-status-discarded = 미수령 폐기

completion-outcome-granted = 승인
completion-outcome-refused = 거부
completion-outcome-answered = 답변

objection-outcome-upheld = 인용
objection-outcome-dismissed = 기각

verification-verdict-genuine = 진본 문서입니다.
verification-verdict-expired = 발급된 문서이나 진위확인 기간이 지났습니다.

document-verdict-genuine = 진본 문서입니다.
document-verdict-expired = 발급된 문서이나 진위확인 기간이 지났습니다.
document-verdict-revoked = 발급된 후 회수되어 효력이 없는 문서입니다.
document-verdict-unknown = 발급된 사실이 확인되지 않는 문서입니다.

## 처리 단계

step-kind-submitted = 신청
step-kind-received = 접수
step-kind-progress = 처리 진행
step-kind-supplement-requested = 보완요구
step-kind-supplemented = 보완
step-kind-deadline-missed = 처리기한 경과
step-kind-progress-notified = 처리진행상황 통지
step-kind-reminded = 독촉
step-kind-approved = 승인
step-kind-rejected = 거부처분
step-kind-withdrawn = 취하
step-kind-completed = 처리완료
step-kind-supplement-extended = 보완기간 연장
step-kind-supplement-requested-again = 보완 재요구
step-kind-supplement-undeliverable = 보완요구 송달불능
step-kind-returned = 반려
step-kind-deemed-withdrawn = 취하 간주
step-kind-suspended = 처리기간 정지
step-kind-resumed = 처리기간 재개
step-kind-extended = 처리기간 연장
step-kind-extended-again = 처리기간 재연장
step-kind-due-recalculated = 처리기한 재산정
step-kind-result-notified = 처리결과 통지
step-kind-objection-filed = 이의신청
step-kind-objection-extended = 이의신청 결정기간 연장
step-kind-objection-upheld = 이의신청 인용
step-kind-objection-dismissed = 이의신청 기각
step-kind-receipt-slip-issued = 접수증 발급
step-kind-clerical-error-corrected = 오기 수정
step-kind-assigned = 담당자 지정
step-kind-reassigned = 담당자 변경
step-kind-transferred-to-department = 부서 이송
step-kind-transferred-to-agency = 기관 이송
step-kind-consultation-requested = 관계기관 협의 요청
step-kind-consultation-extended = 협의 회신기간 연장
step-kind-consultation-replied = 관계기관 협의 회신
step-kind-modified = 변경
step-kind-merged = 병합
step-kind-closed-as-repeated = 반복민원 종결
step-kind-closed-as-exempt = 처리 예외 종결
step-kind-closed-uncollected = 미수령 종결
step-kind-document-requested = 문서 발급 신청
step-kind-identity-verified = 본인 확인
step-kind-fee-assessed = 수수료 산정
step-kind-fee-paid = 수수료 납부
step-kind-fee-waived = 수수료 면제
step-kind-fee-refunded = 수수료 환급
step-kind-source-requested = 원본 자료 조회 요청
step-kind-source-retrieved = 원본 자료 수신
step-kind-source-failed = 원본 자료 조회 실패
step-kind-document-issued = 문서 발급
step-kind-result-entered = 처리결과 수기 입력
step-kind-document-viewed = 열람
step-kind-document-printed = 출력
step-kind-document-delivered = 전자증명서 교부
step-kind-document-ready = 수령 대기
step-kind-document-collected = 교부
step-kind-document-discarded = 미수령 폐기
step-kind-document-verified = 진위확인
step-kind-verification-expired = 진위확인 기간 만료
step-kind-issuance-cancelled = 발급 취소
step-kind-issuance-failed = 발급 실패
step-kind-document-revoked = 발급문서 회수

stage-submission = 신청
stage-receipt = 접수
stage-review = 검토
stage-supplement = 보완
stage-deadline = 처리기한
stage-notice = 통지
stage-decision = 처분
stage-withdrawal = 취하
stage-completion = 완료
stage-return = 반려
stage-clock = 처리기간
stage-objection = 이의신청
stage-assignment = 담당자 지정
stage-transfer = 이송
stage-consultation = 협의
stage-modification = 변경
stage-closing = 종결
stage-request = 발급 신청
stage-identity = 본인 확인
stage-fee = 수수료
stage-source = 원본 자료
stage-issuance = 발급
stage-delivery = 교부
stage-verification = 진위확인
stage-revocation = 회수

## 기한

remaining-running = 남은 처리시간: { $left }
remaining-standing = 남은 처리시간: { $left }, 처리기간 정지: { $stop }
remaining-overdue = 처리기한 경과: { $by }

deadline-kind-application-due = 처리기한: { $due }
deadline-kind-supplement-due = 보완기한: { $due }
deadline-kind-progress-notice = { $number }차 처리진행상황 통지
deadline-kind-objection-period = 이의신청 기한: { $due }
deadline-kind-source-retry = 원본 자료 { $attempt }차 조회: { $issuance }
deadline-kind-verification-end = 진위확인 기간 만료: { $issuance }
issuance-id = { $petition }({ $attempt }차 발급)

## 사유와 방법

extension-ground-cooperation = 관계기관의 협조
extension-ground-site-check = 사실관계 확인 또는 현지 확인
extension-ground-force-majeure = 천재지변 등 불가항력
extension-ground-like-reason = 그 밖에 이에 준하는 사유
extension-ground-workload = 업무량 과다
extension-ground-late-assignment = 담당자 지정 지연
extension-ground-absence = 담당자 부재

suspension-ground-transport = 원거리 기관 간 서류 송달
suspension-ground-representative = 대표자 선정
suspension-ground-hearing = 청문 또는 의견 수렴
suspension-ground-examination = 실험·검사·감정 또는 전문적 검토
suspension-ground-preceding-matter = 선행사항의 해결
suspension-ground-shared-document = 행정정보 공동이용을 통한 서류 확인
suspension-ground-preceding-petition = 선행 민원의 처리
suspension-ground-investigation = 고충민원 현장조사
suspension-ground-outage = 정보시스템 장애

exemption-ground-politics-or-secrets = 고도의 정치적 판단을 요하거나 국가기밀 또는 공무상 비밀에 관한 사항
exemption-ground-investigation-trial-or-audit = 수사, 재판, 형 집행 또는 감사원의 감사가 착수된 사항
exemption-ground-remedy-under-way = 행정심판, 행정소송, 헌법재판소의 심판, 감사원의 심사청구 등 불복구제절차가 진행 중인 사항
exemption-ground-mediation-under-way = 법령에 따라 화해·알선·조정·중재 절차가 진행 중인 사항
exemption-ground-settled-rights = 판결·결정·재결·화해·조정·중재 등에 따라 확정된 권리관계에 관한 사항
exemption-ground-audit-board-resolution = 감사원이 감사위원회의의 결정을 거쳐 행하는 사항
exemption-ground-election-commission-resolution = 각급 선거관리위원회의 의결을 거쳐 행하는 사항
exemption-ground-private-affairs = 사인 간의 권리관계 또는 개인의 사생활에 관한 사항
exemption-ground-personnel-matters = 행정기관의 소속 직원에 대한 인사행정상의 행위에 관한 사항

stop-cause-supplement = 보완요구
stop-cause-suspension = { $cause }
stop-cause-refusal = 거부처분
clock-stop = { $cause }({ $since }부터)

reminder-subject-supplement-overdue = 보완기간 경과
reminder-subject-petition-overdue = 처리기한 경과

lack-seen-on-receipt = 접수 시 확인
lack-seen-later = 접수 후 확인

due-basis-statute = 법령에 따라 산정
due-basis-told = 다른 시스템에서 전달

identity-method-joint-certificate = 공동인증서
identity-method-simple-authentication = 간편인증
identity-method-mobile-identity-card = 모바일 신분증
identity-method-identity-card = 신분증
identity-method-fingerprint = 지문

fee-consequence-kept = 환급하지 않음
fee-consequence-refunded = 환급

delivery-way-wallet = 전자문서지갑
delivery-way-e-mail = 전자우편
delivery-way-agency = 행정기관

## 민원인과 담당자가 할 수 있는 처리

command-submit = 신청
command-receive = 접수
command-record-progress-of = 처리 진행 기록
command-request-a-supplement-to = 보완요구
command-supplement = 보완
command-note-the-missed-due-of = 처리기한 경과 기록
command-notify-the-progress-of = 처리진행상황 통지
command-issue-a-reminder-for = 독촉장 발부
command-approve = 승인
command-reject = 거부처분
command-withdraw = 취하
command-complete = 처리완료
command-extend-the-supplement-period-of = 보완기간 연장
command-request-again-a-supplement-to = 보완 재요구
command-note-the-undeliverable-request-to = 보완요구 송달불능 기록
command-return = 반려
command-deem-withdrawn = 취하 간주
command-stop-the-clock-of = 처리기간 정지
command-resume-the-clock-of = 처리기간 재개
command-extend-the-period-of = 처리기간 연장
command-extend-again-the-period-of = 처리기간 재연장
command-recalculate-the-due-of = 처리기한 재산정
command-notify-the-result-of = 처리결과 통지
command-object-to = 이의신청
command-extend-the-objection-period-of = 이의신청 결정기간 연장
command-uphold-the-objection-to = 이의신청 인용
command-dismiss-the-objection-to = 이의신청 기각
command-register-after-an-outage = 장애 복구 후 등록
command-issue-a-receipt-slip-for = 접수증 발급
command-correct-a-clerical-error-in = 오기 수정
command-agree-to-correct = 오기 수정 동의
command-assign = 담당자 지정
command-reassign = 담당자 변경
command-transfer-to-another-department = 부서 이송
command-transfer-to-another-agency = 기관 이송
command-consult-another-agency-about = 관계기관 협의 요청
command-enter-an-agency-s-answer-to = 관계기관 협의 회신 등록
command-extend-the-consultation-about = 협의 회신기간 연장
command-modify = 변경
command-merge = 병합
command-close-as-repeated = 반복민원 종결
command-close-as-exempt = 처리 예외 종결
command-close-as-uncollected = 미수령 종결
command-request = 발급 신청
command-verify-the-identity-for = 본인 확인
command-assess-the-fee-of = 수수료 산정
command-pay-the-fee-of = 수수료 납부
command-waive-the-fee-of = 수수료 면제
command-authorize = 본인 확인 및 수수료 정산
command-fetch-source-data-for = 원본 자료 조회 요청
command-note-the-source-data-of = 원본 자료 수신 기록
command-note-a-failed-fetch-of = 원본 자료 조회 실패 기록
command-issue-a-document-for = 문서 발급
command-enter-a-result-for = 처리결과 수기 입력
command-view-the-document-of = 문서 열람
command-print-the-document-of = 문서 출력
command-deliver-the-document-of = 전자증명서 교부
command-make-ready-for-pick-up = 수령 준비
command-collect-the-document-of = 문서 수령
command-discard-the-document-of = 문서 폐기
command-verify-the-document-of = 진위확인
command-end-the-verification-of = 진위확인 기간 종료
command-fail = 발급 실패 처리
command-cancel = 발급 취소
command-revoke = 발급문서 회수

## 거부 문장 안의 말

takes-received = 접수
takes-submitted-or-received = 신청 또는 접수

what-reasons = 사유
what-remedies = 구제절차
what-conditions = 조건
what-corrections = 수정 사항
what-missing-items = 보완 사항
what-attachments = 첨부 파일

article-d6-5 = { -decree } 제6조제5항
article-a21 = { -act } 제21조
article-a23 = { -act } 제23조
article-a16 = { -act } 제16조
article-a22-1 = { -act } 제22조제1항
article-a22-2 = { -act } 제22조제2항
article-a27-1 = { -act } 제27조제1항
article-a27-3 = { -act } 제27조제3항
article-a27-4 = { -act } 제27조제4항
article-a35-1 = { -act } 제35조제1항
article-a35-2 = { -act } 제35조제2항
article-d6-2 = { -decree } 제6조제2항
article-d6-7 = { -decree } 제6조제7항
article-d21-1 = { -decree } 제21조제1항
article-d23-1 = { -decree } 제23조제1항
article-d24-2 = { -decree } 제24조제2항
article-d24-3 = { -decree } 제24조제3항
article-d25-1 = { -decree } 제25조제1항
article-d25-2 = { -decree } 제25조제2항
article-d25-4 = { -decree } 제25조제4항

cause-the-filing = 신청
cause-the-filing-at-the-agency = 해당 기관에 대한 신청
cause-the-receipt = 접수
cause-the-end-of-the-last-stop-of-the-clock = 마지막 처리기간 재개
cause-the-stop-of-the-clock = 처리기간 정지
cause-the-first-extension = 1차 처리기간 연장
cause-the-request-for-the-supplement = 보완요구
cause-the-second-request-for-it = 보완 재요구
cause-the-failed-delivery-before = 직전 송달불능
cause-the-question-to-the-agency = 관계기관 협의 요청
cause-the-answer-to-the-question-before = 직전 협의 회신
cause-the-last-assignment-or-transfer = 마지막 담당자 지정 또는 이송
cause-the-notice-of-the-refusal = 거부처분 통지
cause-the-objection = 이의신청
cause-the-issue-of-the-document = 문서 발급
cause-the-question-to-the-register = 원본 자료 조회 요청
cause-the-answer-of-the-register = 원본 자료 수신
cause-the-failure-of-the-register = 원본 자료 조회 실패
cause-the-time-since-which-the-document-waits = 수령 대기 개시

## 민원 처리를 받아들일 수 없는 까닭

application-rejection-not-submitted = 신청되지 않은 민원이므로 처리할 수 없습니다(요청한 처리: { $command }). 민원 번호를 확인하시기 바랍니다.
application-rejection-already-submitted = 이미 신청된 민원입니다(현재 상태: { $status }). 새로운 번호로 신청하시기 바랍니다.
application-rejection-foreign-category = 민원 분야가 일치하지 않습니다(신청한 분야: { $asked }, 해당 분야: { $own }). 해당 분야에 맞게 신청하시기 바랍니다.
application-rejection-must-be-written = 기타민원이 아닌 민원은 문서 또는 전자문서로 신청하여야 합니다(민원 종류: { $kind }, 신청 방법: { $channel }, { -act } 제8조).
application-rejection-too-many = 등록할 수 있는 개수를 초과하였습니다({ $what }: { $count }개, 최대 { $count_max }개). 초과하는 내용은 첨부 파일로 제출하시기 바랍니다.
application-rejection-already-received = 이미 접수된 민원입니다(접수번호: { $receipt_number }).
application-rejection-not-received = 접수되지 않은 민원이므로 처리할 수 없습니다(요청한 처리: { $command }). 먼저 접수하시기 바랍니다.
application-rejection-not-in-review = 검토가 시작되지 않은 민원이므로 처리할 수 없습니다(요청한 처리: { $command }). 먼저 담당자를 지정하거나 처리 진행 사항을 기록하시기 바랍니다.
application-rejection-undecided = 승인 또는 거부처분이 이루어지지 않은 민원이므로 처리할 수 없습니다(민원 종류: { $kind }, 요청한 처리: { $command }). 먼저 승인 또는 거부처분을 하시기 바랍니다.
application-rejection-supplement-awaited = 보완을 기다리는 중이므로 처리할 수 없습니다(요청한 처리: { $command }, 보완기한: { $due }).
application-rejection-no-supplement-awaited = 보완을 요구한 민원이 아닙니다(현재 상태: { $status }).
application-rejection-nothing-missing = 보완을 요구할 때에는 보완할 사항을 명시하여야 합니다.
application-rejection-supplement-due-too-early = 보완기한은 보완을 요구한 때보다 뒤여야 합니다(보완기한: { $due }, 보완요구: { $requested_at }).
application-rejection-supplement-requested-late = 접수할 때 확인된 사항은 정해진 시한까지 보완을 요구하여야 합니다(시한: { $due }, 보완요구: { $at }, { -rule } 제9조). 접수 후에 확인된 사항이면 그 사실을 밝히시기 바랍니다.
application-rejection-supplement-period-too-short = 보완기간이 너무 짧습니다(보완기한: { $due }, 보완요구: { $requested_at }, 최소 { $days_min }근무일, { -act } 제22조제1항).
application-rejection-supplement-extended-twice = 보완기간은 두 번까지만 연장할 수 있으며 이미 두 번 연장되었습니다({ -decree } 제24조제2항).
application-rejection-supplement-rerequested = 보완은 한 번만 다시 요구할 수 있으며 이미 다시 요구하였습니다({ -decree } 제24조제3항). 보완기간이 지나면 민원을 반려하시기 바랍니다({ -decree } 제25조).
application-rejection-wrong-attempt = 기록할 차례가 맞지 않습니다(다음 차례: { $next }, 입력한 차례: { $number }).
application-rejection-may-be-reached = 보완요구가 두 번 송달되지 않은 경우에만 민원이 취하된 것으로 볼 수 있습니다(송달불능 횟수: { $undelivered }, { -decree } 제25조제2항).
application-rejection-period-over = 이미 지난 기간은 연장할 수 없습니다(기한: { $due }, 연장 요청: { $at }).
application-rejection-period = { $cause }
application-rejection-extension = { $cause }
application-rejection-not-extended-yet = 처리기간이 아직 연장되지 않았습니다. 먼저 1차 연장을 하시기 바라며, 이때에는 민원인의 동의가 필요하지 않습니다({ -decree } 제21조제1항).
application-rejection-consent-of-another = 처리기간 재연장에는 민원인 본인의 동의가 필요합니다({ -decree } 제21조제1항 단서).
application-rejection-due-not-counted = 처리기한이 다른 시스템에서 전달되어 산정 방법을 알 수 없으므로 처리할 수 없습니다(요청한 처리: { $command }).
application-rejection-calendar = 기한을 산정할 수 없습니다. { $cause }
application-rejection-clock-stopped = 처리기간이 정지되어 있으므로 처리할 수 없습니다(요청한 처리: { $command }, 정지 사유: { $ground }, { -decree } 제20조). 먼저 처리기간을 재개하시기 바랍니다.
application-rejection-not-suspended = 처리기간이 정지되지 않은 민원입니다(현재 상태: { $status }).
application-rejection-foreign-ground = 해당 민원의 처리기간을 정지할 수 있는 사유가 아닙니다(사유: { $ground }, 민원 종류: { $kind }, { -decree } 제17조 및 제20조).
application-rejection-outage-counts = 2026년 5월 6일 전에 발생한 정보시스템 장애의 기간은 처리기간에 산입합니다(장애 발생: { $began_at }, { -decree } 제20조 및 부칙 제3조).
application-rejection-investigated-twice = 처리기간에 산입하지 않는 고충민원 현장조사는 한 번만 연장할 수 있으며 이미 연장되었습니다({ -decree } 제17조).
application-rejection-before-cause = { $cause }
application-rejection-result-told = 처리결과가 이미 통지되었습니다(통지: { $notified_at }).
application-rejection-result-not-told = 거부처분이 민원인에게 통지되지 않았습니다. 먼저 처리결과를 통지하시기 바랍니다({ -act } 제27조 및 제35조).
application-rejection-may-still-object = 이의신청 기간이 남아 있어 완료할 수 없습니다(이의신청 기한: { $due }, 완료 요청: { $at }, { -act } 제35조제1항).
application-rejection-not-statutory = 이의신청은 법정민원에 대한 거부처분에 대해서만 할 수 있습니다(민원 종류: { $kind }, { -act } 제35조제1항).
application-rejection-objection-too-late = 이의신청 기간이 지났습니다(이의신청 기한: { $due }, 신청: { $at }, { -act } 제35조제1항). 행정심판 또는 행정소송을 제기할 수 있습니다.
application-rejection-no-objection = 이의신청이 제기되지 않은 민원입니다(현재 상태: { $status }).
application-rejection-objection-open = 이의신청을 심사하는 중이므로 처리할 수 없습니다(요청한 처리: { $command }). 먼저 이의신청에 대하여 결정하시기 바랍니다(결정기한: { $due }).
application-rejection-objection-decision-extended = 이의신청 결정기간은 한 번만 연장할 수 있으며 이미 연장되었습니다({ -act } 제35조제2항).
application-rejection-reasons-missing = 사유를 하나 이상 적어야 합니다(요청한 처리: { $command }).
application-rejection-other-due = 처리기한이 일치하지 않습니다(현재 처리기한: { $present }, 입력한 처리기한: { $due }). 처리기한을 다시 확인하시기 바랍니다.
application-rejection-not-overdue = 아직 기한이 지나지 않았습니다(기한: { $due }, 확인: { $at }). 기한이 지난 후에 처리하시기 바랍니다.
application-rejection-notice-too-early = 처리진행상황을 통지할 때가 되지 않았습니다(통지 차례: { $number }, 통지 가능: { $earliest }, 통지 요청: { $notified_at }, { -decree } 제23조).
application-rejection-no-reasons = 거부처분을 할 때에는 그 사유를 하나 이상 밝혀야 합니다({ -act } 제27조제3항).
application-rejection-no-remedies = 거부처분을 할 때에는 구제절차를 하나 이상 안내하여야 합니다({ -act } 제27조제3항).
application-rejection-outside-outage = 시스템 장애 기간에 문서로 접수한 민원만 장애 복구 후에 등록할 수 있습니다(접수: { $received_at }, 장애 발생: { $began_at }, 장애 종료: { $ended_at }, { -decree } 제6조의2).
application-rejection-outage-not-over = 시스템 장애가 끝난 후에 등록하여야 합니다(등록 요청: { $registered_at }, 장애 종료: { $ended_at }, { -decree } 제6조의2).
application-rejection-out-of-turn = 현재 상태에서는 처리할 수 없습니다(요청한 처리: { $command }, 현재 상태: { $status }, 처리할 수 있는 상태: { $takes }).
application-rejection-no-consent = 민원인의 동의가 없으므로 처리할 수 없습니다(요청한 처리: { $command }, { $article }).
application-rejection-nothing-to-correct = 수정할 사항과 수정한 내용을 명시하여야 합니다.
application-rejection-same-agency = 이미 해당 기관이 맡고 있는 민원입니다(기관: { $agency }). 소관 기관을 지정하시기 바랍니다.
application-rejection-already-assigned = 이미 담당자가 지정된 민원입니다(담당자: { $officer }). 담당자 변경으로 처리하시기 바랍니다.
application-rejection-not-assigned = 담당자가 지정되지 않은 민원입니다. 먼저 담당자를 지정하시기 바랍니다.
application-rejection-answer-due-too-early = 협의 회신기한은 협의를 요청한 때보다 뒤여야 합니다(회신기한: { $due }, 협의 요청: { $requested_at }).
application-rejection-answer-after-due = 협의 회신기한은 민원의 처리기한 이내여야 합니다(회신기한: { $answer_due }, 처리기한: { $due }, { -act } 제20조).
application-rejection-already-consulted = 이미 협의를 요청하여 회신을 기다리고 있습니다(기관: { $agency }, 회신기한: { $answer_due }).
application-rejection-consultation-extended = 협의 회신기간은 한 번만 연장할 수 있으며 이미 연장되었습니다(기관: { $agency }, { -act } 제20조제2항).
application-rejection-consultation-extended-too-far = 협의 회신기간은 당초 회신기간의 범위에서만 연장할 수 있습니다(요청한 회신기한: { $answer_due }, 현재 회신기한: { $due }, 연장 가능: { $latest }까지, { -act } 제20조제2항).
application-rejection-not-consulted = 협의를 요청하지 않은 기관입니다(기관: { $agency }). 해당 의견은 처리 진행 사항으로 기록하시기 바랍니다.
application-rejection-already-replied = 이미 회신한 기관입니다(기관: { $agency }). 추가 의견이 필요하면 다시 협의를 요청하시기 바랍니다.
application-rejection-too-many-consulted = 협의를 요청할 수 있는 기관 수를 초과하였습니다(최대 { $count_max }개).
application-rejection-merged-into-itself = 민원을 그 자신에 병합할 수 없습니다. 함께 처리할 다른 민원을 지정하시기 바랍니다({ -decree } 제6조제7항).
application-rejection-too-few-petitioners = 같은 목적의 민원인이 병합에 필요한 수보다 적습니다(민원인: { $petitioners }명, 필요한 수: { $petitioners_min }명, { -decree } 제6조제7항).
application-rejection-statutory = 법정민원에는 할 수 없는 처리입니다(요청한 처리: { $command }, { $article }). 검토하여 처분하시기 바랍니다.
application-rejection-too-few-times = 반복민원으로 종결할 수 있는 횟수에 이르지 않았습니다(제출 횟수: { $times }회, 종결 가능: { $times_min }회부터, { -act } 제23조).
application-rejection-too-few-results = 반복민원으로 종결하기에는 처리결과 통지 횟수가 부족합니다(통지: { $notified }회, 필요한 통지: { $notified_min }회, { -act } 제23조).
application-rejection-no-committee = 다수인관련 반복민원은 민원조정위원회의 심의를 거친 후에 종결할 수 있습니다. 심의 문서를 지정하시기 바랍니다({ -decree } 제26조).
application-rejection-not-on-paper = 전자문서는 방문하여 수령하는 문서가 아닙니다. 처리완료로 처리하시기 바랍니다({ -decree } 제25조제4항).
application-rejection-still-kept = 문서를 보관하는 기간이 남아 있습니다(보관기한: { $until }, 종결 요청: { $at }, { -decree } 제25조제4항).
application-rejection-document-under-way = 문서가 발급되지 않았으므로 처리할 수 없습니다(요청한 처리: { $command }). 먼저 문서를 발급하시기 바랍니다.
application-rejection-not-the-applicant = 민원인 본인만 할 수 있는 처리입니다(요청한 처리: { $command }).
application-rejection-decided = 이미 처분이 이루어진 민원이므로 처리할 수 없습니다(요청한 처리: { $command }, 현재 상태: { $status }).
application-rejection-ended = 처리가 끝난 민원이므로 처리할 수 없습니다(요청한 처리: { $command }, 현재 상태: { $status }).

fixed-period-error-in-hours = 시간 단위의 기간은 사용할 수 없습니다(입력한 기간: { $period }). 일, 주, 개월 또는 년 단위로 정하시기 바랍니다.
fixed-period-error-too-long = 법령에서 정한 최장 기간을 초과하였습니다(입력한 기간: { $period }, 최장 { $max_days }일).
fixed-period-error-calendar = 기간의 마지막 날을 산정할 수 없습니다. { $cause }

extension-error-forbidden-ground = 2026년 5월 6일 이후에 접수된 민원의 처리기간을 연장할 수 있는 사유가 아닙니다(사유: { $ground }, { -decree } 제21조제2항).
extension-error-no-consent = 처리기간을 이미 한 번 연장하였습니다. 다시 연장하려면 민원인의 동의가 필요합니다({ -decree } 제21조제1항 단서).
extension-error-exhausted = 처리기간을 이미 두 번 연장하였으므로 더 이상 연장할 수 없습니다({ -decree } 제21조제1항).
extension-error-overdue = 이미 지난 처리기간은 연장할 수 없습니다(처리기한: { $due }, 연장 요청: { $at }).
extension-error-too-long = 연장하는 기간은 당초 처리기간을 초과할 수 없습니다(연장기간: { $by }, 처리기간: { $period }, { -decree } 제21조제1항).
extension-error-other-unit = 처리기간과 단위가 맞지 않는 연장입니다(연장기간: { $by }, 처리기간: { $period }). 시간으로 산정하는 처리기간은 시간 또는 일 단위로, 그 밖의 처리기간은 일, 주, 개월 또는 년 단위로 연장하시기 바랍니다.
extension-error-calendar = 처리기한을 산정할 수 없습니다. { $cause }

exclusion-error-days-backwards = 처리기간에 산입하지 않는 기간의 마지막 날이 첫날보다 앞섭니다(첫날: { $first }, 마지막 날: { $last }). 두 날을 확인하시기 바랍니다.
exclusion-error-outage-backwards = 정보시스템 장애의 종료가 발생보다 앞섭니다(발생: { $from }, 종료: { $until }). 두 시각을 확인하시기 바랍니다.

calendar-error-uncovered = 공휴일 자료에 없는 날입니다(해당일: { $day }, 자료의 범위: { $first_year }년부터 { $last_year }년까지, 자료: { $version }). 해당 연도의 자료가 있는 배포판을 사용하시기 바랍니다.
calendar-error-runs-past = 기간이 공휴일 자료의 범위를 벗어납니다(자료의 마지막 해: { $last_year }년, 자료: { $version }). 더 긴 기간의 자료가 있는 배포판을 사용하시기 바랍니다.

before-cause = 시각의 순서가 맞지 않습니다(입력한 시각: { $at }, 선행하는 처리: { $cause }, 그 시각: { $cause_at }). 두 시각과 해당 시스템의 시계를 확인하시기 바랍니다.

## 발급을 받아들일 수 없는 까닭

issuance-rejection-not-requested = 신청되지 않은 발급이므로 처리할 수 없습니다(요청한 처리: { $command }). 발급 번호를 확인하시기 바랍니다.
issuance-rejection-already-requested = 다른 내용으로 이미 신청된 발급입니다(현재 상태: { $status }). 다음 차례의 발급 번호를 사용하시기 바랍니다.
issuance-rejection-foreign-category = 민원 분야가 일치하지 않습니다(신청한 분야: { $asked }, 해당 분야: { $own }). 해당 분야에 맞게 신청하시기 바랍니다.
issuance-rejection-copies = 신청할 수 있는 부수를 벗어났습니다(신청한 부수: { $copies }부). 정해진 범위의 부수를 신청하시기 바랍니다.
issuance-rejection-application-not-approved = 승인된 민원에 대해서만 문서를 발급할 수 있습니다(민원의 상태: { $status }).
issuance-rejection-not-authorized = 본인 확인과 수수료 정산이 끝나지 않았으므로 처리할 수 없습니다(요청한 처리: { $command }). 먼저 본인 확인과 수수료 정산을 마치시기 바랍니다.
issuance-rejection-identity-not-verified = 본인 확인이 이루어지지 않았으므로 처리할 수 없습니다(요청한 처리: { $command }). 먼저 본인 확인을 하시기 바랍니다.
issuance-rejection-already-authorized = 본인 확인과 수수료 정산이 이미 다른 내용으로 끝났습니다.
issuance-rejection-wrong-amount = 납부한 금액이 산정된 수수료와 다릅니다(산정된 수수료: { $assessed }, 납부한 금액: { $paid }).
issuance-rejection-nothing-to-pay = 산정된 수수료가 없으므로 납부할 금액이 없습니다. 면제로 처리하시기 바랍니다.
issuance-rejection-linked = 연계된 서비스이므로 결과를 직접 입력할 수 없습니다(서비스 유형: { $service }). 등록된 원본 자료로 문서를 발급하시기 바랍니다.
issuance-rejection-unlinked = 연계되지 않은 서비스입니다. 처리결과를 직접 입력하시기 바랍니다.
issuance-rejection-being-generated = 문서를 만드는 중이므로 처리할 수 없습니다(요청한 처리: { $command }). 원본 자료가 회신될 때까지 기다리시기 바랍니다.
issuance-rejection-not-generating = 원본 자료를 조회하는 중이 아니므로 처리할 수 없습니다(요청한 처리: { $command }). 먼저 원본 자료의 조회를 요청하시기 바랍니다.
issuance-rejection-wrong-attempt = 원본 자료를 조회하는 차례가 맞지 않습니다(해당 차례: { $expected }, 입력한 차례: { $attempt }).
issuance-rejection-already-retrieved = 원본 자료가 이미 수신되었습니다. 문서를 발급하거나 실패한 사실을 기록하시기 바랍니다.
issuance-rejection-already-issued = 결과가 이미 나간 발급이므로 처리할 수 없습니다(요청한 처리: { $command }). 회수만 할 수 있습니다.
issuance-rejection-not-issued = 결과가 없는 발급이므로 처리할 수 없습니다(요청한 처리: { $command }). 발급을 취소하시기 바랍니다.
issuance-rejection-not-out = 문서가 발급되지 않았으므로 처리할 수 없습니다(요청한 처리: { $command }). 발급될 때까지 기다리시기 바랍니다.
issuance-rejection-prints-beyond-copies = 출력할 수 있는 부수를 벗어났습니다(요청한 부수: { $asked }부, 남은 부수: { $left }부). 남은 부수의 범위에서 출력하거나 문서를 다시 신청하시기 바랍니다.
issuance-rejection-verification-over = 문서의 진위확인 기간이 지났습니다(진위확인 기한: { $until }). 문서를 다시 신청하시기 바랍니다.
issuance-rejection-waits-for-pickup = 기관에서 수령을 기다리는 문서이므로 처리할 수 없습니다(요청한 처리: { $command }). 기관을 방문하여 수령하시기 바랍니다.
issuance-rejection-not-ready-for-pickup = 기관에서 수령할 수 있는 문서가 아니므로 처리할 수 없습니다(요청한 처리: { $command }). 먼저 수령 준비를 하시기 바랍니다.
issuance-rejection-already-collected = 이미 수령한 문서이므로 처리할 수 없습니다(요청한 처리: { $command }). 문서를 다시 신청하시기 바랍니다.
issuance-rejection-kept-for-petitioner = 민원인을 위하여 문서를 보관하는 기간이 남아 있습니다(보관기한: { $until }, { -decree } 제25조제4항). 그 후에 폐기하시기 바랍니다.
issuance-rejection-no-such-document = 해당 번호와 확인 정보로 발급된 문서가 없습니다. 두 가지를 모두 확인하시기 바랍니다.
issuance-rejection-not-verifiable = 직접 입력된 결과에는 문서확인번호가 없으므로 처리할 수 없습니다(요청한 처리: { $command }). 해당 기관에 문의하시기 바랍니다.
issuance-rejection-still-verifiable = 문서의 진위확인 기간이 남아 있습니다(진위확인 기한: { $until }). 그다음 날부터 처리하시기 바랍니다.
issuance-rejection-before-cause = { $cause }
issuance-rejection-calendar = 문서의 보관기한을 산정할 수 없습니다. { $cause }
issuance-rejection-ended = 끝난 발급이므로 처리할 수 없습니다(요청한 처리: { $command }, 현재 상태: { $status }). 다음 차례의 발급을 신청하시기 바랍니다.

## 민원사무와 맞지 않는 까닭

petition-type-rejection-not-listed = 민원 목록에 없는 민원입니다(민원명: { $petition_type }). 목록에 있는 민원명을 사용하거나 목록에 추가하시기 바랍니다.
petition-type-rejection-other-category = 민원 분야가 목록과 다릅니다(민원명: { $petition_type }, 목록: { $listed }, 신청: { $asked }). 목록에 맞게 신청하시기 바랍니다.
petition-type-rejection-other-kind = 민원 종류가 목록과 다릅니다(민원명: { $petition_type }, 목록: { $listed }, 신청: { $asked }). 목록에 맞게 신청하시기 바랍니다.
petition-type-rejection-other-service = 서비스 유형이 목록과 다릅니다(민원명: { $petition_type }, 목록: { $listed }, 신청: { $asked }). 목록에 맞게 신청하시기 바랍니다.
petition-type-rejection-not-offered = 해당 방법으로는 신청할 수 없습니다(민원명: { $petition_type }, 신청 방법: { $channel }, 신청할 수 있는 방법: { $offered }).
petition-type-rejection-other-period = 처리기간이 공표된 처리기간과 다릅니다(민원명: { $petition_type }, 공표된 처리기간: { $listed }, 입력한 처리기간: { $asked }, { -act } 제17조).

## 서비스가 스스로 밝히는 사유

reason-the-petition-was-withdrawn = 민원이 취하되었습니다.
reason-the-petition-was-returned = 민원이 반려되었습니다.
reason-the-petition-was-refused = 민원에 대하여 거부처분을 하였습니다.
reason-the-petition-was-merged-into-another = 민원이 다른 민원과 병합되었습니다.
reason-the-petition-was-closed-as-repeated = 같은 내용이 반복된 민원으로 종결되었습니다.
reason-the-petition-was-closed-as-exempt = 처리하지 아니할 수 있는 민원으로 종결되었습니다.
reason-the-register-does-not-answer-for-now = 원본 자료를 보유한 기관이 현재 응답하지 않습니다.
reason-the-register-did-not-give-what-the-document-is-made-of = 원본 자료를 받지 못하였습니다.
reason-the-issuance-was-given-up = 발급을 중단하였습니다.
reason-an-operator-gave-the-issuance-up = 운영자가 발급을 중단하였습니다.

## 입력한 글의 형식

format-error = 형식이 올바르지 않습니다(항목: { $what }). { $rule }
name-error = 형식이 올바르지 않습니다(항목: { $what }, 입력: { $text }). { $rule }

what-activity = 처리 내용
what-actor-id = 처리자 식별자
what-agency = 기관
what-applicant-id = 민원인 식별자
what-basis-of-a-due = 처리기한의 근거
what-calendar-version = 공휴일 자료의 판
what-category = 민원 분야
what-channel = 신청 방법
what-consequence-for-the-fee = 수수료 환급 여부
what-count = 집계 항목
what-date = 날짜
what-delivery-way = 교부 방법
what-department = 부서
what-document-type = 문서 종류
what-due = 기한
what-field-of-a-notice = 통지의 항목
what-ground-for-an-exemption = 처리 예외 사유
what-ground-for-an-extension = 연장 사유
what-ground-for-stopping-the-clock = 처리기간 정지 사유
what-group = 묶음
what-group-of-petitions = 민원 묶음
what-grouping = 묶는 기준
what-identity-method = 본인 확인 방법
what-issuance-id = 발급 번호
what-kind-of-notice = 통지의 종류
what-legal-basis = 근거 법령
what-media-type = 파일 형식
what-namespace-name = 이름공간
what-officer = 담당자
what-outcome = 처리결과
what-outcome-of-an-objection = 이의신청 결과
what-period = 처리기간
what-petition-kind = 민원 종류
what-petition-type = 민원명
what-receipt-number = 접수번호
what-reference = 참조 번호
what-service-name = 서비스 이름
what-service-type = 서비스 유형
what-sha-256 = 파일 해시값(SHA-256)
what-sort-of-petitioners = 민원인 구분
what-status = 상태
what-step = 처리 단계
what-subject = 민원 번호
what-subject-of-a-reminder = 독촉 대상
what-text = 내용
what-time-at-which-a-lack-was-seen = 보완 사항 확인 시점
what-uri = 파일 주소(URI)
what-uuid = 고유 식별자(UUID)
what-verdict = 진위확인 결과
what-verification-number = 문서확인번호
what-verification-verdict = 진위확인 결과

rule-it-contains-a-character-that-is-not-seen-as-a-control-or-a-zero-width-one = 제어 문자나 너비 없는 문자처럼 보이지 않는 문자는 사용할 수 없습니다.
rule-it-contains-white-space-or-a-control-character = 공백이나 제어 문자는 사용할 수 없습니다.
rule-it-is-empty = 한 글자 이상 입력하시기 바랍니다.
rule-it-is-longer-than-128-bytes = 128바이트 이하로 입력하시기 바랍니다.
rule-it-is-not-in-the-composed-form-of-unicode-nfc-compose-it-first = 유니코드 완성형(NFC)으로 입력하시기 바랍니다.
rule-it-must-be-1-to-23-ascii-letters-and-digits-a-letter-first-and-hold-neither-application-nor-issuance = 영문자로 시작하는 영문자와 숫자 1자 이상 23자 이하로 입력하되, Application 또는 Issuance를 포함할 수 없습니다.
rule-it-must-be-21-digits-or-16 = 숫자 21자리 또는 16자리로 입력하시기 바랍니다.
rule-it-must-be-64-hexadecimal-digits = 16진수 64자리로 입력하시기 바랍니다.
rule-it-must-be-a-grouping-and-a-name = 묶는 기준과 이름을 빗금(/)으로 나누어 입력하시기 바랍니다.
rule-it-must-be-a-petition-id-a-dot-and-a-number-from-1-as-in-2026-000123-1 = 2026-000123.1과 같이 민원 번호, 점, 1 이상의 차례를 입력하시기 바랍니다.
rule-it-must-be-a-service-type-and-a-status = 서비스 유형과 상태를 빗금(/)으로 나누어 입력하시기 바랍니다.
rule-it-must-be-an-agency-a-tab-and-a-department = 기관과 부서를 탭으로 나누어 입력하시기 바랍니다.
rule-it-must-be-an-id = 식별자를 입력하시기 바랍니다.
rule-it-must-be-at-least-one-of-its-unit = 1 이상으로 입력하시기 바랍니다.
rule-it-must-be-immediate-or-a-number-and-a-unit-as-in-7-days-or-8-hours = immediate, 7 days, 8 hours와 같이 입력하시기 바랍니다.
rule-it-must-be-one-line-without-control-characters = 제어 문자 없이 한 줄로 입력하시기 바랍니다.
rule-it-must-be-printable-ascii-without-spaces-quotes-and-backslashes = 공백, 따옴표, 역빗금을 제외한 영문자, 숫자, 기호로 입력하시기 바랍니다.
rule-it-must-be-scheme-rest = https://와 같이 방식을 앞에 적은 주소로 입력하시기 바랍니다.
rule-it-must-be-type-subtype = application/pdf와 같이 입력하시기 바랍니다.
rule-it-must-be-yyyy-mm-dd = 2026-03-09와 같이 입력하시기 바랍니다.
rule-it-must-be-yyyy-mm-dd-or-an-instant-in-rfc-3339 = 2026-03-09 또는 2026-03-09T10:00:00+09:00과 같이 입력하시기 바랍니다.
rule-it-must-have-1-to-128-bytes = 1바이트 이상 128바이트 이하로 입력하시기 바랍니다.
rule-it-must-have-1-to-200-bytes = 1바이트 이상 200바이트 이하로 입력하시기 바랍니다(한글 한 글자는 3바이트).
rule-it-must-have-at-most-1-500-bytes-put-longer-texts-into-an-attachment = 1,500바이트 이하로 입력하시기 바라며(한글 한 글자는 3바이트), 더 긴 내용은 첨부 파일로 제출하시기 바랍니다.
rule-it-must-have-at-most-127-bytes = 127바이트 이하로 입력하시기 바랍니다.
rule-it-must-have-at-most-255-bytes = 255바이트 이하로 입력하시기 바랍니다.
rule-it-must-have-no-characters-that-change-the-order-of-reading = 읽는 방향을 바꾸는 문자는 사용할 수 없습니다.
rule-it-must-have-no-control-characters-but-line-breaks-and-tabs = 줄바꿈과 탭 외의 제어 문자는 사용할 수 없습니다.
rule-it-must-have-no-white-space-and-no-control-character = 공백이나 제어 문자는 사용할 수 없습니다.
rule-it-must-not-be-blank = 내용을 입력하시기 바랍니다.
rule-it-must-not-begin-or-end-with-white-space = 앞뒤의 공백을 없애시기 바랍니다.
rule-its-digits-do-not-fit-together-one-was-mistyped = 숫자가 서로 맞지 않습니다. 잘못 입력한 숫자가 있는지 확인하시기 바랍니다.
rule-no-document-has-so-high-a-number = 사용되지 않는 번호입니다.
rule-only-ascii-letters-and-digits-may-stand-here-a-letter-first = 영문자로 시작하는 영문자와 숫자로 입력하시기 바랍니다.
rule-the-calendar-has-no-such-day = 달력에 없는 날입니다.
rule-write-one-as-8-4-4-4-12-hexadecimal-digits = 16진수를 8-4-4-4-12자리로 나누어 입력하시기 바랍니다.

## 서비스가 요청을 처리하지 못한 까닭

command-error-overloaded = 요청이 많아 지금은 처리할 수 없습니다. 잠시 후 다시 요청하시기 바랍니다.
command-error-ending = 서비스를 다시 시작하는 중이어서 요청을 받지 않았습니다. 잠시 후 다시 요청하시기 바랍니다.
command-error-id = 다른 요청에 이미 사용된 요청 번호이므로 처리할 수 없습니다. 새로운 요청 번호를 사용하시기 바랍니다.
command-error-failed = 처리 여부를 확인하지 못하였습니다. 같은 요청 번호로 다시 요청하시기 바라며, 중복하여 처리되지 않습니다.
filing-error-not-issued = 민원은 접수되었으나 문서가 발급되지 않았습니다. { $cause }
filing-error-no-document = 문서가 발급되지 않는 민원입니다(민원 번호: { $petition }). 문서를 기다리지 않고 신청하시기 바랍니다.
filing-error-withdrawn = 그사이에 취하된 민원입니다(민원 번호: { $petition }).
filing-error-stuck = 신청이 끝까지 처리되지 않았으며, 바로 다시 신청하여도 처리되지 않습니다. 담당 기관에 문의하시기 바랍니다.
filing-error-failed = 신청이 끝까지 처리되지 않았습니다. 같은 요청 번호로 다시 신청하시기 바라며, 중복하여 처리되지 않습니다.
verification-error-too-often = 진위확인 요청이 너무 많습니다. { $until }부터 다시 요청하시기 바랍니다.
verification-error-unknown = 지금은 문서를 확인할 수 없습니다. 잠시 후 다시 요청하시기 바랍니다.
verification-error-failed = 진위확인 요청이 기록되지 않았습니다. 같은 요청 번호로 다시 요청하시기 바라며, 중복하여 처리되지 않습니다.

## 민원인에게 보내는 통지
##
## 값이 없는 변수를 쓴 줄은 통지에서 빠집니다. 어느 통지에나 쓸 수 있는 변수: $agency(행정기관),
## $petition_type(민원명), $receipt_number(접수번호), $due(처리기한), $article(근거), $occurred_at(일시),
## $office(담당 부서), $telephone(전화), $mail(전자우편).

## 통지마다 함께 쓰는 부분

notice-petition =
    - 민원명: { $petition_type }
    - 접수번호: { $receipt_number }
notice-contact =
    - 담당 기관: { $agency }
    - 담당 부서: { $office }
    - 전화: { $telephone }
    - 전자우편: { $mail }

## 접수와 처리기간

notice-received =
    신청하신 민원이 접수되었습니다.
    { notice-petition }
    - 처리기한: { $due }
    { notice-contact }
notice-corrected =
    동의하신 대로 민원문서의 잘못된 기재를 바로잡았습니다.
    { notice-petition }
    - 정정 내용: { $corrections }
    { notice-contact }
notice-transferred =
    신청하신 민원이 소관 행정기관으로 이송되었습니다. 처리기간은 이송받은 기관이 접수한 때부터 계산됩니다.
    { notice-petition }
    - 이송받은 기관: { $to }
    - 이송 사유: { $reason }
    - 근거: { $article }
    { notice-contact }
notice-merged =
    신청하신 민원은 목적이 같은 다른 민원과 병합하여 처리됩니다.
    { notice-petition }
    - 병합된 민원: { $into }
    - 민원의 목적: { $purpose }
    - 근거: { $article }
    { notice-contact }
notice-due-moved =
    신청하신 민원의 처리기한이 변경되었습니다.
    { notice-petition }
    - 변경된 처리기한: { $due }
    { notice-contact }
notice-extended =
    신청하신 민원의 처리기간이 연장되었습니다.
    { notice-petition }
    - 연장 사유: { $reason }
    - 처리완료 예정일: { $due }
    - 근거: { $article }
    { notice-contact }
notice-extended-again =
    동의하신 대로 신청하신 민원의 처리기간이 다시 연장되었습니다.
    { notice-petition }
    - 연장 사유: { $reason }
    - 처리완료 예정일: { $due }
    - 근거: { $article } 단서
    { notice-contact }
notice-progress =
    신청하신 민원의 처리진행상황을 알려드립니다. 접수된 날부터 { $days }일이 지났으며, 현재 처리하고 있습니다.
    { notice-petition }
    - 기준일: { $day }
    - 처리완료 예정일: { $due }
    { notice-contact }

## 보완, 반려, 취하

notice-supplement-requested =
    신청하신 민원에 보완이 필요합니다. 아래 사항을 보완기한까지 보완하여 주시기 바랍니다.
    { notice-petition }
    - 보완할 사항: { $items }
    - 보완기한: { $supplement_due }
    - 근거: { $article }
    { notice-contact }
notice-supplement-extended =
    요청하신 대로 보완기간이 연장되었습니다.
    { notice-petition }
    - 보완할 사항: { $items }
    - 연장된 보완기한: { $supplement_due }
    { notice-contact }
notice-supplement-overdue =
    보완기한이 지났습니다. 아래 사항을 조속히 보완하여 주시기 바랍니다.
    { notice-petition }
    - 보완할 사항: { $items }
    - 지난 보완기한: { $supplement_due }
    { notice-contact }
notice-supplement-requested-again =
    보완기한까지 보완되지 않아 다시 보완을 요구합니다. 새로운 보완기한까지 보완하지 않으시면 민원문서가 반려될 수 있습니다.
    { notice-petition }
    - 보완할 사항: { $items }
    - 새로운 보완기한: { $supplement_due }
    - 근거: { $article }
    { notice-contact }
notice-returned =
    제출하신 민원문서가 반려되었습니다.
    { notice-petition }
    - 반려 사유: { $reasons }
    - 근거: { $article }
    { notice-contact }
notice-withdrawn =
    신청하신 민원이 취하되었습니다.
    { notice-petition }
    { notice-contact }
notice-deemed-withdrawn =
    보완요구가 두 차례 송달되지 않아 신청하신 민원을 취하하신 것으로 보아 종결하였습니다.
    { notice-petition }
    - 근거: { $article }
    { notice-contact }

## 처리 결과

notice-approved =
    신청하신 민원이 승인되었습니다.
    { notice-petition }
    - 조건: { $conditions }
    { notice-contact }
notice-rejected =
    신청하신 민원에 대하여 거부처분을 하였습니다.
    { notice-petition }
    - 거부 이유: { $reasons }
    - 구제절차: { $remedies }
    { notice-contact }
notice-completed =
    { $outcome ->
        [granted] 신청하신 민원의 처리가 완료되었습니다. 신청하신 내용이 받아들여졌습니다.
        [refused] 신청하신 민원의 처리가 완료되었습니다. 신청하신 내용은 받아들여지지 않았습니다.
       *[answered] 신청하신 민원의 처리가 완료되었습니다. 아래와 같이 답변드립니다.
    }
    { notice-petition }
    - 처리 결과: { $answer }
    { notice-contact }
notice-result-entered =
    신청하신 민원의 처리 결과가 등록되었습니다.
    { notice-petition }
    - 처리 결과: { $answer }
    { notice-contact }
notice-closed-as-repeated =
    이미 처리 결과를 알려드린 민원과 같은 내용이어서 신청하신 민원을 종결하였습니다.
    { notice-petition }
    - 근거: { $article }
    { notice-contact }
notice-closed-as-exempt =
    신청하신 민원은 처리하지 아니할 수 있는 경우에 해당하여 종결하였습니다.
    { notice-petition }
    - 사유: { $reason }
    - 근거: { $article }
    { notice-contact }
notice-closed-uncollected =
    처리 결과 문서를 기한까지 찾아가지 않으셔서 신청하신 민원을 종결하였습니다.
    { notice-petition }
    - 근거: { $article }
    { notice-contact }

## 이의신청

notice-objection-received =
    거부처분에 대한 이의신청이 접수되었습니다.
    { notice-petition }
    - 결정기한: { $objection_due }
    { notice-contact }
notice-objection-extended =
    이의신청에 대한 결정기간이 연장되었습니다.
    { notice-petition }
    - 연장 사유: { $reason }
    - 연장된 결정기한: { $objection_due }
    - 근거: { $article }
    { notice-contact }
notice-objection-upheld =
    이의신청이 받아들여져 신청하신 민원을 다시 심사합니다.
    { notice-petition }
    - 결정 이유: { $reasons }
    { notice-contact }
notice-objection-dismissed =
    이의신청이 받아들여지지 않았습니다. 행정심판을 청구하거나 행정소송을 제기하실 수 있습니다.
    { notice-petition }
    - 결정 이유: { $reasons }
    { notice-contact }

## 수수료와 문서의 발급

notice-fee-assessed =
    수수료가 결정되었습니다.
    { notice-petition }
    - 수수료: { $amount }
    - 결정 사유: { $reason }
    { notice-contact }
notice-fee-refunded =
    납부하신 수수료를 돌려드립니다.
    { notice-petition }
    - 반환 금액: { $amount }
    { notice-contact }
notice-document-issued =
    신청하신 문서가 발급되었습니다.
    { notice-petition }
    - 문서명: { $document_type }
    - 진위확인 기한: { $verifiable_until }
    { notice-contact }
notice-document-ready =
    신청하신 문서가 준비되었습니다. 신분증을 가지고 방문하여 받아 가시기 바랍니다.
    { notice-petition }
    - 교부 장소: { $place }
    - 교부 기한: { $collect_until }
    { notice-contact }
notice-document-discarded =
    문서를 교부 기한까지 찾아가지 않으셔서 폐기하였습니다.
    { notice-petition }
    - 근거: { $article }
    { notice-contact }
notice-document-revoked =
    발급된 문서가 취소되었습니다.
    { notice-petition }
    - 취소한 기관: { $authority }
    - 취소 사유: { $reason }
    { notice-contact }
notice-issuance-cancelled =
    문서의 발급이 취소되었습니다.
    { notice-petition }
    - 취소 사유: { $reason }
    { notice-contact }
notice-issuance-failed =
    신청하신 문서를 발급하지 못하였습니다.
    { notice-petition }
    - 사유: { $reason }
    { notice-contact }

## 기간의 산정

weekday-mon = 월
weekday-tue = 화
weekday-wed = 수
weekday-thu = 목
weekday-fri = 금
weekday-sat = 토
weekday-sun = 일
counted-day = { $date }({ $weekday }) { $counts }
day-counts-day = { $number }일째
day-counts-time = { $hours }시간 { $minutes }분
day-counts-no-time = 접수 후 남은 근무시간 없음
day-counts-not-worked = 산입하지 않음: { $day }
day-counts-excluded = 산입하지 않음: 제외되는 날
day-counts-first-day = 산입하지 않음: 첫날
day-counts-put-off = 기간의 마지막 날이 연기됨: { $day }

legal-basis-immediate = 즉시 처리하는 민원은 근무시간으로 3시간 이내에 처리함({ -act } 제19조제1항)
legal-basis-in-hours = 5일 이하의 기간은 접수시각부터 시간 단위로 계산하되 1일은 8시간의 근무시간으로 봄({ -act } 제19조제1항)
legal-basis-in-days = 6일 이상의 기간은 일 단위로 계산하고 첫날을 산입하며 공휴일과 토요일은 산입하지 않음({ -act } 제19조제2항)
legal-basis-by-calendar = 주·월·연 단위의 기간은 첫날을 산입하여 역에 따라 계산함({ -act } 제19조제3항, 민법 제159조부터 제161조까지)
legal-basis-days-not-counted = 보완 등에 걸린 기간은 처리기간에 산입하지 않음({ -decree } 제20조제1호, 행정절차법 시행령 제11조)
legal-basis-outage-not-counted = 시스템 장애로 처리할 수 없었던 기간은 처리기간에 산입하지 않음({ -decree } 제20조제2호)
legal-basis-outage-counted = 2026년 5월 6일 전에 발생한 시스템 장애의 기간은 처리기간에 산입함(대통령령 제36296호 부칙 제3조)
legal-basis-extended = 처리기간을 그 기간의 범위에서 한 차례 연장함({ -decree } 제21조제1항)
legal-basis-extended-again = 민원인의 동의를 받아 처리기간을 한 차례 더 연장함({ -decree } 제21조제1항 단서)
legal-basis-receipt = 전자민원창구로 신청된 민원은 근무시간으로 8시간 이내에 접수함({ -decree } 제6조제8항)
legal-basis-transfer = 소관이 아닌 민원은 근무시간으로 8시간 이내에 소관 기관으로 이송함({ -decree } 제13조)
legal-basis-supplement-request = 보완요구는 접수한 때부터 근무시간으로 8시간 이내에 함({ -rule } 제9조)
legal-basis-supplement = 보완기간은 첫날을 산입하지 않고 계산함({ -act } 제22조제1항, { -decree } 제24조제1항, 민법 제157조 및 제159조부터 제161조까지)
legal-basis-supplement-extended = 민원인이 보완기간의 연장을 요청함({ -decree } 제24조제2항)
legal-basis-supplement-rerequested = 다시 보완을 요구하는 기간은 10일 이내로 함({ -decree } 제24조제3항)
legal-basis-objection = 거부처분을 받은 날부터 60일 이내에 이의신청을 할 수 있음({ -act } 제35조제1항)
legal-basis-objection-decision = 이의신청을 받은 날부터 10일 이내에 결정함({ -act } 제35조제2항)
legal-basis-objection-decision-extended = 이의신청의 결정기간을 10일 이내에서 한 차례 연장함({ -act } 제35조제2항)
legal-basis-collection = 처리완료 예정일부터 15일 동안 문서를 보관함({ -decree } 제25조제4항)
legal-basis-put-off = 기간의 마지막 날이 토요일 또는 공휴일이면 그다음 근무일에 만료됨(행정기본법 제6조제1항, 민법 제161조)
legal-basis-public-holidays = 공휴일은 관공서의 공휴일에 관한 규정에 따름(같은 규정 제2조 및 제3조)

count-due = 기한: { $due }
count-basis = 근거: { $basis }
count-calendar = 공휴일 자료: { $version }
count-provisional-calendar = 공휴일 자료: { $version }(잠정)

## 민원 조회

result-line-petition = 민원: { $petition_type }({ $kind })
result-line-status = 상태: { $status }
result-line-agency = 처리기관: { $agency }
result-line-department = 처리주무부서: { $department }
result-line-received = 접수: { $received_at }, 접수번호 { $number }
result-line-period = 처리기간: { $period }
result-line-due = 처리기한: { $due }
result-line-officer = 담당자: { $officer }
result-line-remaining = { $remaining }
result-line-nothing-awaited = 남은 처리시간: 진행 중인 처리기간 없음
result-line-uncounted = 남은 처리시간: 산정할 수 없음. { $cause }
result-line-stop = 처리기간 정지: { $stop }
result-line-supplement = 보완할 사항: { $items }, 기한 { $due }
result-line-extension = 처리기간 연장: { $by }, 새 기한 { $until }, 사유 { $ground }
result-line-notices = 처리진행상황 통지: { $count }회
result-line-objection-open = 이의신청 기한: { $until }
result-line-objection-filed = 이의신청 결정 기한: { $due }
result-line-document = 문서: { $document_type }, { $status }
result-line-document-with-number = 문서: { $document_type }, { $status }, 문서확인번호 { $number }
