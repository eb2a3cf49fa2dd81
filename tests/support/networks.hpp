// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <h2h/workload/layer.hpp>

namespace h2h::test {

// Published networks as lists of layers, for accelerators whose papers report times on them. Sizes are those
// of the networks' own papers; pooling and biases are left out.

/// AlexNet with its two towers: five convolutions, 665.8 MMAC.
std::vector<Layer> alexnet_conv();
/// AlexNet on one tower ("one weird trick"): five convolutions, 655.6 MMAC.
std::vector<Layer> alexnet_owt_conv();
/// Thirteen convolutions, 15.347 GMAC.
std::vector<Layer> vgg16_conv();
/// Three fully connected layers, 123.6 MMAC.
std::vector<Layer> vgg16_fc();
/// Sixteen convolutions, 19.508 GMAC.
std::vector<Layer> vgg19_conv();
/// Residual networks with their projections, without the classifier: 18, 50 and 152 layers.
std::vector<Layer> resnet_conv(int depth);

Layer conv_layer(std::int64_t out_channels, std::int64_t in_channels, std::int64_t size, std::int64_t kernel,
                 std::int64_t stride = 1, std::int64_t groups = 1);
Layer fc_layer(std::int64_t in_features, std::int64_t out_features);

}  // namespace h2h::test
