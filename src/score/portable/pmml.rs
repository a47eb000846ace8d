//! A formula as a PMML 4.4 document: derived fields and one logistic regression over the last of them.

use std::fmt::Write as _;

use super::expression::{Condition, Expression};
use super::formula::{Formula, RAW};

/// Name of the calibrated log-odds.
const LOG_ODDS: &str = "log_odds";

/// The document.
#[must_use]
pub fn pmml(formula: &Formula, version: &str) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text += "<PMML xmlns=\"http://www.dmg.org/PMML-4_4\" version=\"4.4\">\n";
    let _ = writeln!(text, "  <Header><Application name=\"tidewatch\" version=\"{}\"/></Header>", escape(version));
    text += &dictionary(formula);
    text += "  <TransformationDictionary>\n";
    text += &derived(RAW, &formula.raw);
    text += &derived(LOG_ODDS, &formula.calibrated);
    text += "  </TransformationDictionary>\n";
    text += &regression(formula);
    text + "</PMML>\n"
}

fn dictionary(formula: &Formula) -> String {
    let mut text = format!("  <DataDictionary numberOfFields=\"{}\">\n", formula.fields.len() + 1);
    for field in &formula.fields {
        let kind = if field.is_number {
            "optype=\"continuous\" dataType=\"double\""
        } else {
            "optype=\"categorical\" dataType=\"string\""
        };
        let _ = writeln!(text, "    <DataField name=\"{}\" {kind}/>", escape(&field.name));
    }
    let target = escape(&formula.target);
    let _ = writeln!(
        text,
        "    <DataField name=\"{target}\" optype=\"categorical\" dataType=\"string\"><Value value=\"1\"/><Value value=\"0\"/></DataField>"
    );
    text + "  </DataDictionary>\n"
}

fn derived(name: &str, expression: &Expression) -> String {
    format!(
        "    <DerivedField name=\"{name}\" optype=\"continuous\" dataType=\"double\">{}</DerivedField>\n",
        element(expression)
    )
}

fn regression(formula: &Formula) -> String {
    let target = escape(&formula.target);
    let mut text = String::from(
        "  <RegressionModel functionName=\"classification\" normalizationMethod=\"logit\">\n    <MiningSchema>\n",
    );
    let _ = writeln!(text, "      <MiningField name=\"{target}\" usageType=\"target\"/>");
    for field in &formula.fields {
        let _ = writeln!(text, "      <MiningField name=\"{}\"/>", escape(&field.name));
    }
    text += "    </MiningSchema>\n    <RegressionTable intercept=\"0\" targetCategory=\"1\">";
    let _ = write!(text, "<NumericPredictor name=\"{LOG_ODDS}\" coefficient=\"1\"/>");
    text + "</RegressionTable>\n    <RegressionTable intercept=\"0\" targetCategory=\"0\"/>\n  </RegressionModel>\n"
}

fn element(expression: &Expression) -> String {
    match expression {
        Expression::Number(number) => constant(*number),
        Expression::Value(name) => field(name),
        Expression::Sum(parts) => apply("sum", &parts.iter().map(element).collect::<String>()),
        Expression::Product(a, b) => apply("*", &(element(a) + &element(b))),
        Expression::Ln(x) => apply("ln", &element(x)),
        Expression::Exp(x) => apply("exp", &element(x)),
        Expression::Absolute(x) => apply("abs", &element(x)),
        Expression::Greater(a, b) => apply("max", &(element(a) + &element(b))),
        Expression::Lesser(a, b) => apply("min", &(element(a) + &element(b))),
        Expression::If(condition, yes, no) => apply("if", &(test(condition) + &element(yes) + &element(no))),
    }
}

/// In PMML a comparison with a missing value is missing, not false: it is asked for first.
fn test(condition: &Condition) -> String {
    let known = |name: &str, test: String| apply("and", &(apply("isNotMissing", &field(name)) + &test));
    match condition {
        Condition::IsMissing(name) => apply("isMissing", &field(name)),
        Condition::AtLeast(name, threshold) => {
            known(name, apply("greaterOrEqual", &(field(name) + &constant(*threshold))))
        }
        Condition::IsOneOf(name, levels) => {
            let level = |level: &String| format!("<Constant dataType=\"string\">{}</Constant>", escape(level));
            known(name, apply("isIn", &(field(name) + &levels.iter().map(level).collect::<String>())))
        }
        Condition::Either(a, b) => apply("or", &(test(a) + &test(b))),
    }
}

fn apply(function: &str, arguments: &str) -> String {
    format!("<Apply function=\"{function}\">{arguments}</Apply>")
}

fn field(name: &str) -> String {
    format!("<FieldRef field=\"{}\"/>", escape(name))
}

fn constant(number: f64) -> String {
    format!("<Constant dataType=\"double\">{number:e}</Constant>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
