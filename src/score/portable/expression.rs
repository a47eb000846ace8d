//! The few operations a score is made of.

/// An input of the formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name: a feature's, or that of an intermediate result.
    pub name: String,
    /// Whether it holds numbers; text otherwise.
    pub is_number: bool,
}

/// A number computed from fields. A field without a value may only stand behind a [`Condition`] that has excluded it.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A constant.
    Number(f64),
    /// The value of a field of numbers.
    Value(String),
    /// The sum of all.
    Sum(Vec<Expression>),
    /// The product of two.
    Product(Box<Expression>, Box<Expression>),
    /// The natural logarithm.
    Ln(Box<Expression>),
    /// e to the power.
    Exp(Box<Expression>),
    /// Without its sign.
    Absolute(Box<Expression>),
    /// The greater of two.
    Greater(Box<Expression>, Box<Expression>),
    /// The lesser of two.
    Lesser(Box<Expression>, Box<Expression>),
    /// The first if the condition holds, else the second.
    If(Box<Condition>, Box<Expression>, Box<Expression>),
}

/// Something that holds or does not; never unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The field has no value.
    IsMissing(String),
    /// The field has a value of at least this.
    AtLeast(String, f64),
    /// The field has one of these texts.
    IsOneOf(String, Vec<String>),
    /// One of the two holds.
    Either(Box<Condition>, Box<Condition>),
}

impl Expression {
    /// The value of a field.
    pub fn value(name: &str) -> Self {
        Self::Value(name.to_owned())
    }

    /// This plus a constant.
    #[must_use]
    pub fn plus(self, constant: f64) -> Self {
        Self::Sum(vec![self, Self::Number(constant)])
    }

    /// This times a constant.
    #[must_use]
    pub fn times(self, constant: f64) -> Self {
        Self::Product(Box::new(self), Box::new(Self::Number(constant)))
    }

    /// The natural logarithm of this.
    #[must_use]
    pub fn ln(self) -> Self {
        Self::Ln(Box::new(self))
    }

    /// Not below the constant.
    #[must_use]
    pub fn at_least(self, constant: f64) -> Self {
        Self::Greater(Box::new(self), Box::new(Self::Number(constant)))
    }

    /// Not above the constant.
    #[must_use]
    pub fn at_most(self, constant: f64) -> Self {
        Self::Lesser(Box::new(self), Box::new(Self::Number(constant)))
    }

    /// Without its sign.
    #[must_use]
    pub fn absolute(self) -> Self {
        Self::Absolute(Box::new(self))
    }

    /// e to the power of this.
    #[must_use]
    pub fn exp(self) -> Self {
        Self::Exp(Box::new(self))
    }

    /// `yes` if the condition holds, else `no`.
    #[must_use]
    pub fn when(condition: Condition, yes: Self, no: Self) -> Self {
        Self::If(Box::new(condition), Box::new(yes), Box::new(no))
    }
}
