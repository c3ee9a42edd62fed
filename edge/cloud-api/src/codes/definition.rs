//! What is wrong with a thing model, in the vendor's codes. Source: spec/thing-model-and-console.md 2.8.

use lianwu_model::thing_model::{DefinitionError, DefinitionErrorKind};

use crate::error::ApiError;

/// The vendor's sentence for the class of mistake, then the place and the reason.
pub(super) fn refusal(error: &DefinitionError) -> ApiError {
    let (code, zh, en) = texts(error.kind);
    ApiError::new(code, format!("{zh}（{error}）"), format!("{en} ({error})"))
}

fn texts(kind: DefinitionErrorKind) -> (&'static str, &'static str, &'static str) {
    use DefinitionErrorKind as K;
    match kind {
        K::Nil => ("InvalidParameterValue.ModelDefineNil", "物模型为空。", "The thing model is empty."),
        K::Invalid => ("InvalidParameterValue.ModelDefineInvalid", "数据模板未定义。", "This is not a thing model."),
        K::DuplicateId => {
            ("InvalidParameterValue.ModelDefineDupID", "物模型存在重复ID。", "The thing model repeats an id.")
        }
        K::Mode => (
            "InvalidParameterValue.ModelDefineErrorModel",
            "物模型事件/属性Model错误。",
            "A property's mode is wrong; it is r or rw.",
        ),
        K::Type => (
            "InvalidParameterValue.ModelDefineErrorType",
            "物模型事件/属性Model Type错误。",
            "A data type is unknown or not allowed here.",
        ),
        K::TemplateMismatch => (
            "InvalidParameterValue.ModelDefineDontMatchTemplate",
            "物模型不符合产品模板。",
            "The thing model does not fit the product's template.",
        ),
        K::BoolMapping => (
            "InvalidParameterValue.ModelDefinePropBoolMappingError",
            "BOOL Mapping 定义错误。",
            "The mapping of a bool is wrong; its keys are 0 and 1.",
        ),
        K::EnumMapping => (
            "InvalidParameterValue.ModelDefinePropEnumMappingError",
            "Enum Mapping 定义错误。",
            "The mapping of an enum is wrong.",
        ),
        K::Range => (
            "InvalidParameterValue.ModelDefinePropRangeError",
            "Min/Max 定义错误。",
            "The bounds of a number or text are wrong.",
        ),
        K::RangeOverflow => (
            "InvalidParameterValue.ModelDefinePropRangeOverflow",
            "Min/Max 范围超限。",
            "A bound is beyond what can be stored.",
        ),
        K::EventParam => (
            "InvalidParameterValue.ModelDefineEventPropError",
            "物模型事件参数错误。",
            "A parameter of an event is wrong.",
        ),
        K::IdOrName => (
            "InvalidParameterValue.ModelDefineEventPropNameError",
            "物模型标识符或名称错误。",
            "An id or name is missing or malformed.",
        ),
        K::EventType => (
            "InvalidParameterValue.ModelDefineEventTypeError",
            "物模型事件 Type 错误。",
            "The type of an event is wrong; it is info, alert or fault.",
        ),
        K::EventTypeMissing => (
            "MissingParameter.ModelDefineEventTypeError",
            "物模型事件 Type 缺失。",
            "An event has no type; it is info, alert or fault.",
        ),
        K::EventParamDuplicateId => (
            "InvalidParameterValue.ModelDefineEventParamsDupID",
            "物模型事件参数存在重复ID。",
            "An event repeats the id of a parameter.",
        ),
        K::EventParamLimit => (
            "InvalidParameterValue.ModelDefineEventParamsExceedLimit",
            "物模型事件参数超出限制。",
            "An event has too many parameters.",
        ),
        K::Limit => ("LimitExceeded.ThingModelExceedLimit", "物模型超出限制。", "The thing model is too large."),
    }
}
