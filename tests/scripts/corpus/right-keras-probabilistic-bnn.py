# After the Keras example "Probabilistic Bayesian Neural Networks": named inputs of a table, joined
# and normalised, and an IndependentNormal at the end.
import tf_keras as keras
import tensorflow as tf
import tensorflow_probability as tfp

FEATURE_NAMES = ["fixed acidity", "volatile acidity", "citric acid", "density", "alcohol"]
hidden_units = [8, 8]
train_size = 4163


def create_model_inputs():
    inputs = {}
    for feature_name in FEATURE_NAMES:
        inputs[feature_name] = keras.layers.Input(name=feature_name, shape=(1,), dtype=tf.float32)
    return inputs


def prior(kernel_size, bias_size, dtype=None):
    n = kernel_size + bias_size
    return keras.Sequential([
        tfp.layers.DistributionLambda(lambda t: tfp.distributions.MultivariateNormalDiag(
            loc=tf.zeros(n), scale_diag=tf.ones(n)))
    ])


def posterior(kernel_size, bias_size, dtype=None):
    n = kernel_size + bias_size
    return keras.Sequential([
        tfp.layers.VariableLayer(tfp.layers.MultivariateNormalTriL.params_size(n), dtype=dtype),
        tfp.layers.MultivariateNormalTriL(n),
    ])


def create_probabilistic_bnn_model(train_size):
    inputs = create_model_inputs()
    features = keras.layers.concatenate(list(inputs.values()))
    features = keras.layers.BatchNormalization()(features)
    for units in hidden_units:
        features = tfp.layers.DenseVariational(
            units=units, make_prior_fn=prior, make_posterior_fn=posterior,
            kl_weight=1 / train_size, activation="sigmoid")(features)
    distribution_params = keras.layers.Dense(units=2)(features)
    outputs = tfp.layers.IndependentNormal(1)(distribution_params)
    return keras.Model(inputs=inputs, outputs=outputs)


def negative_loglikelihood(targets, estimated_distribution):
    return -estimated_distribution.log_prob(targets)


model = create_probabilistic_bnn_model(train_size)
model.compile(
    optimizer=keras.optimizers.RMSprop(learning_rate=0.001),
    loss=negative_loglikelihood,
    metrics=[keras.metrics.RootMeanSquaredError()],
)
