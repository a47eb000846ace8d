"""Expected values of src/forecast/smoothing.rs: statsmodels' ETSModel with fixed weights and initial states."""
import pandas as pd
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

series = pd.Series([112.0, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118])
model = ETSModel(series, error="add", trend="add", damped_trend=True, seasonal="add", seasonal_periods=4,
                 initialization_method="known", initial_level=110.0, initial_trend=1.0,
                 initial_seasonal=[1.0, -1.0, 2.0, -2.0])
fit = model.smooth([0.5, 0.1, 0.2, 0.9])  # smoothing_level, _trend, _seasonal, damping_trend
print("sum of squares", repr(float(fit.sse)))
ahead = fit.get_prediction(start=len(series), end=len(series) + 5)
for mean, variance in zip(ahead.predicted_mean, ahead.forecast_variance):
    print(repr(float(mean)), repr(float(variance / (fit.sse / len(series)))))
