//! Customer lifetime value without contracts: how often a customer still buys, whether he is still there, what an order
//! is worth.
//!
//! Buying is a Poisson process whose rate differs between customers (gamma); after each purchase a customer leaves for
//! good with a probability that differs between customers (beta). With [`Dropout::FromTheStart`] the first purchase may
//! be the last (MBG/NBD, Batislam, Denizel, Filiztekin 2007), so a one-time buyer of long ago is probably gone;
//! [`Dropout::AfterRepeat`] is the classic BG/NBD (Fader, Hardie, Lee 2005), which holds every one-time buyer immortal
//! and is kept to be checked against its published estimates. Order values follow the gamma-gamma model (Fader, Hardie
//! 2013), independent of the rate. All are fitted by maximum likelihood with Newton steps on log parameters, from
//! several starts; customers of equal history are one term of the likelihood, and sums are taken in a fixed order, so
//! the result does not depend on threads or row order.

mod error;
mod hypergeometric;
mod maximise;
mod orders;
mod predict;
mod spending;

pub use error::Error;
pub use orders::{Dropout, History, OrderModel};
pub use predict::{Horizon, Lifetime, Prediction, past};
pub use spending::{Spending, SpendingModel};
