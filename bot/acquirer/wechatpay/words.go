package wechatpay

import (
	"regexp"

	"posdoctor/bot/acquirer"
	"posdoctor/bot/acquirer/contract"
)

// The words of WeChat Pay and ours for them. What is not in a table is passed on as it was said, and a person has to look at it.

var codeWord = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

// refusals are the codes of errors.
var refusals = map[string]contract.Code{
	"PARAM_ERROR":            contract.CodeInvalid,
	"INVALID_REQUEST":        contract.CodeInvalid,
	"SIGN_ERROR":             contract.CodeAuth,
	"NO_AUTH":                contract.CodeNotYours, // not a sub-merchant of this service provider
	"NOT_FOUND":              contract.CodeNotFound,
	"RESOURCE_NOT_EXISTS":    contract.CodeNotFound,
	"FREQUENCY_LIMITED":      contract.CodeRateLimited,
	"FREQUENCY_LIMIT_EXCEED": contract.CodeRateLimited,
	"RATELIMIT_EXCEEDED":     contract.CodeRateLimited,
	"SYSTEM_ERROR":           contract.CodeUnavailable,
}

// statusCodes say what a status means by itself, 500 for all from there.
var statusCodes = map[int]contract.Code{
	400: contract.CodeInvalid, 401: contract.CodeAuth, 403: contract.CodeNotYours, 404: contract.CodeNotFound,
	429: contract.CodeRateLimited, 500: contract.CodeUnavailable,
}

// reasons are limitation_reason_type.
var reasons = map[string]contract.Reason{
	"LICENSE_ABNORMAL":                   contract.ReasonDocsExpired,
	"INVALID_BUSINESS_LICENSE":           contract.ReasonDocsExpired,
	"INVALID_REPRESENTATIVE_INFORMATION": contract.ReasonInfoMismatch,
	"INVALID_BENEFICIARY_INFORMATION":    contract.ReasonInfoMismatch,
	"INVALID_BUSINESS_STATUS":            contract.ReasonInfoMismatch,
	"NO_TRADE":                           contract.ReasonNoTrade,
	"SETTLE_ACCOUNT_ABNORMAL":            contract.ReasonSettleAccount,
	"RISK_ABNORMAL":                      contract.ReasonRisk,
	"INSPECT_ABNORMAL":                   contract.ReasonInspection,
	"OTHER":                              contract.ReasonOther,
}

// judicial is the recover way of a limit that a court or the police has put on. Only people speak about it.
const judicial = "CONTACT_APPROPRIATE_AUTHORITY_FOR_CONSULTATION"

// recoverWays are recover_way, in words for the merchant.
var recoverWays = map[string]string{
	"IRRECOVERABLE":                                "无法恢复",
	"MODIFY_SUBJECT_INFORMATION":                   "修改主体资料",
	"MODIFY_SETTLE_ACCOUNT_INFORMATION":            "修改结算银行账户",
	"VERIFY_INACTIVE_MERCHANT_IDENTITY":            "核实商户身份",
	"SUBMIT_OFFLINE_BUSINESS_SCENARIO_INFORMATION": "提交线下经营场景资料",
	"UPDATE_BUSINESS_SCENARIO_INFORMATION":         "更新经营场景资料",
	"SUBMIT_INFORMATION_FOR_APPEAL":                "提交资料申诉",
	"RESOLVE_TRANSACTION_DISPUTES":                 "先处理完交易纠纷",
	"MODIFY_ADMINISTRATOR_INFORMATION":             "修改超级管理员",
	"MODIFY_ABBREVIATION_INFORMATION":              "修改商户简称",
	"SUBMIT_CDD_INFORMATION":                       "填写尽职调查资料",
	"SUBMIT_UBO_INFORMATION":                       "补充受益所有人资料",
	"WAITING_FOR_PLATFORM_REVIEW":                  "等待平台审核",
	"SIGN_ANTI_FRAUD_PLEDGE_AND_VERIFY_FACE":       "签署反诈承诺书并刷脸核实身份",
	"CALL_CUSTOMER_SERVICE_AT_95017":               "拨打微信支付客服电话 95017",
	judicial:                                       "", // not told by the bot
}

// limit is a function that WeChat Pay switches off.
type limit struct {
	function contract.Function
	measure  contract.Measure
	words    string // for the merchant
}

// limits are limited_functions and relate_limitations.
var limits = map[string]limit{
	"NO_TRANSACTION_AND_RECHARGE":     {contract.FunctionCollect, contract.MeasureTakeTerminal, "暂停收款和充值"},
	"NO_TRANSACTION":                  {contract.FunctionCollect, contract.MeasureTakeTerminal, "暂停收款"},
	"NO_PAYMENT":                      {contract.FunctionOther, contract.MeasureOther, "暂停付款"},
	"NO_WITHDRAWAL":                   {contract.FunctionWithdraw, contract.MeasureStopSettlement, "暂停提现"},
	"NO_REFUND":                       {contract.FunctionRefund, contract.MeasureOther, "暂停退款"},
	"NO_PROFIT_SHARING":               {contract.FunctionOther, contract.MeasureOther, "暂停分账"},
	"NO_PAYMENT_POINT_COMPLETE_ORDER": {contract.FunctionOther, contract.MeasureOther, "暂停支付分结单"},
}

// timings are limitation_action_type. Without one a limit works at once.
var timings = map[string]contract.Timing{
	"":                                    contract.Immediate,
	"LIMIT_ACTION_TYPE_IMMEDIATE_CONTROL": contract.Immediate,
	"LIMIT_ACTION_TYPE_DELAY_CONTROL":     contract.Delayed,
}

// Types of management records, as they are asked for.
const (
	functionLimit = "FUNCTIONAL_LIMIT_RECORD" // something is limited
	investigation = "INVESTIGATE_RECORD"      // nothing is limited yet, papers have to be handed in (调单)
)

// caseStates are manage_record_state.
var caseStates = map[string]contract.CaseState{
	"PENDING":      contract.CasePending,
	"SUBMITTED":    contract.CaseSubmitted,
	"EXPIRED":      contract.CaseExpired,
	"UNDER_REVIEW": contract.CaseUnderReview,
	"RECOVERED":    contract.CaseRecovered,
	"REJECTED":     contract.CaseRejected,
}

// caseWays are recover_way of management records, in words for the merchant.
var caseWays = map[string]string{
	"SUBMIT_INFORMATION":                "提交资料",
	"VERIFY_INACTIVE_MERCHANT_IDENTITY": "核实商户身份",
	"MODIFY_ORGANIZATION_INFORMATION":   "修改主体资料",
	"OTHER":                             "按通知处理",
}

// applications are the states of an application to become a sub-merchant, without the prefix APPLYMENT_STATE_ that one of the two ways
// in has: those of 特约商户, then what 电商收付通 has besides.
var applications = map[string]contract.OnboardingState{
	"EDITTING":        contract.OnboardingEditing, // sic
	"AUDITING":        contract.OnboardingUnderReview,
	"REJECTED":        contract.OnboardingRejected,
	"TO_BE_CONFIRMED": contract.OnboardingToBeConfirmed,
	"TO_BE_SIGNED":    contract.OnboardingToBeSigned,
	"SIGNING":         contract.OnboardingSigning,
	"FINISHED":        contract.OnboardingFinished,
	"CANCELED":        contract.OnboardingCancelled,

	"CHECKING":            contract.OnboardingUnderReview,
	"ACCOUNT_NEED_VERIFY": contract.OnboardingToBeConfirmed,
	"NEED_SIGN":           contract.OnboardingToBeSigned,
	"FINISH":              contract.OnboardingFinished,
	"FROZEN":              contract.OnboardingUnknown, // the contract has no word for it
}

// authorised is authorize_state: whether the shop's owner has confirmed the account (开户意愿确认).
var authorised = map[string]contract.Switch{
	"AUTHORIZE_STATE_AUTHORIZED":   contract.Yes,
	"AUTHORIZE_STATE_UNAUTHORIZED": contract.No,
}

// verifications are verify_result of the settlement account.
var verifications = map[string]contract.VerifyState{
	"VERIFY_SUCCESS": contract.VerifyOK,
	"VERIFY_FAIL":    contract.VerifyFailed,
	"VERIFYING":      contract.VerifyPending,
}

// changes are verify_result of a change of the settlement account. One that succeeded is pending no more.
var changes = map[string]contract.ChangeState{
	"AUDITING":      contract.ChangeReview,
	"AUDIT_SUCCESS": contract.ChangeNone,
	"AUDIT_FAIL":    contract.ChangeRejected,
}

// accountTypes are account_type, in words for the merchant.
var accountTypes = map[string]string{
	"ACCOUNT_TYPE_BUSINESS": "对公银行账户",
	"ACCOUNT_TYPE_PRIVATE":  "经营者个人银行卡",
}

// payoutFaults are why a payout did not reach the account, in words for the merchant.
var payoutFaults = map[string]string{
	"ACCOUNT_FROZEN":                    "账户被冻结",
	"BANK_CARD_ACCOUNT_ABNORMAL":        "银行卡账户异常",
	"BANK_CARD_BANK_INFO_WRONG":         "登记的开户行有误",
	"BANK_CARD_COLLECTIONS_ABOVE_QUOTA": "收款额超过该卡限额，Ⅱ、Ⅲ类账户常见",
	"BANK_CARD_STATUS_ABNORMAL":         "银行卡状态异常",
	"NAME_NOT_CORRECT":                  "户名与登记不一致",
}

// complaintStates are complaint_state.
var complaintStates = map[string]contract.ComplaintState{
	"PENDING":    contract.ComplaintPending,
	"PROCESSING": contract.ComplaintProcessing,
	"PROCESSED":  contract.ComplaintProcessed,
}

// Types of notices.
const (
	Punished    = "VIOLATION.PUNISH"    // a measure was taken
	Intercepted = "VIOLATION.INTERCEPT" // payments were stopped
	Appealed    = "VIOLATION.APPEAL"    // an appeal moved
)

// events are event_type.
var events = map[string]contract.EventType{
	Punished:    contract.EventRestriction,
	Intercepted: contract.EventRestriction,
	Appealed:    contract.EventRestriction,
}

// measures are what is done to a merchant, in the association's codes. Notices mostly carry a sentence instead.
var measures = map[string]contract.Measure{
	"DISABLE_PAYMENT":              contract.MeasureTakeTerminal,
	"SUSPEND_SETTLEMENT":           contract.MeasureDelay,
	"DISABLE_WITHDRAW":             contract.MeasureStopSettlement,
	"REMOVE_MERCHANTS":             contract.MeasureEndContract,
	"ADD_MERCHANTS_BLACKLIST":      contract.MeasureRefuse,
	"REFUND":                       contract.MeasureOther,
	"FREEZING_FUND_BY_TRANSACTION": contract.MeasureOther,
	"FREEZING_FUND_BY_MERCHANTS":   contract.MeasureFreezeAccount,
	"BLOCKED_USER":                 contract.MeasureOther,
	"OTHER_PUNISH":                 contract.MeasureOther,
}

// risks are risk_type.
var risks = map[string]contract.Reason{
	"INDUCE_PAYMENT":     contract.ReasonRisk,
	"FRAUD":              contract.ReasonRisk,
	"GAMBLING":           contract.ReasonRisk,
	"CYBERSEX":           contract.ReasonRisk,
	"ONE_YUAN_PURCHASES": contract.ReasonRisk,
	"OTHER":              contract.ReasonRisk,
	"OTHER_RISK":         contract.ReasonRisk,
}

// phrase puts a word into the merchant's words, or passes it on.
func phrase(table map[string]string, word string) (text string, known bool) {
	if text, known = table[word]; known || word == "" {
		return text, true
	}
	return acquirer.Line(word, 200), false
}
