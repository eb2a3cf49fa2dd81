// SPDX-License-Identifier: Apache-2.0
//
// Weights, work and shapes of every layer type against numbers computed by hand.

#include <stdexcept>

#include <gtest/gtest.h>

#include <h2h/workload/layer.hpp>

namespace h2h {
namespace {

struct Counts {
  std::int64_t weights;
  std::int64_t macs;
  Shape input;
  Shape output;
};

void expect_counts(const Operation& operation, const Counts& counts) {
  const Layer one{"x", "", operation, 1};
  EXPECT_EQ(one.weights(), counts.weights);
  EXPECT_EQ(one.macs(), counts.macs);
  EXPECT_EQ(one.input(), counts.input);
  EXPECT_EQ(one.output(), counts.output);
  // A batch multiplies work and never weights; shapes are those of one inference.
  const Layer three{"x", "", operation, 3};
  EXPECT_EQ(three.weights(), counts.weights);
  EXPECT_EQ(three.macs(), 3 * counts.macs);
  EXPECT_EQ(three.input(), counts.input);
  EXPECT_EQ(three.output(), counts.output);
}

TEST(Layer, Convolution) {
  // Two groups of 3 -> 2 channels, kernel 3 x 2: 4 x 3 x 6 = 72 weights, each used at 5 x 7 positions.
  expect_counts(Conv{4, 6, 5, 7, 3, 2, 2, 3, 2}, {72, 2520, {6, 10, 21}, {4, 5, 7}});
  // Depthwise, 3 x 3: 9 weights a channel.
  expect_counts(Conv{6, 6, 4, 4, 3, 3, 1, 1, 6}, {54, 864, {6, 4, 4}, {6, 4, 4}});
  // The first layer of VGG-16: 64 x 3 x 9 = 1,728 weights, 86.7 MMAC.
  expect_counts(Conv{64, 3, 224, 224, 3, 3, 1, 1, 1}, {1728, 86704128, {3, 224, 224}, {64, 224, 224}});
}

TEST(Layer, FullyConnected) {
  expect_counts(FullyConnected{10, 3}, {30, 30, {10, 1, 1}, {3, 1, 1}});
}

TEST(Layer, Lstm) {
  using Outputs = Lstm::Outputs;
  // Four gates of 3 x (5 + 3): 96 weights, each used in 4 steps.
  expect_counts(Lstm{5, 3, 1, 4, false, Outputs::sequence}, {96, 384, {5, 4, 1}, {3, 4, 1}});
  expect_counts(Lstm{5, 3, 1, 4, false, Outputs::last}, {96, 384, {5, 4, 1}, {3, 1, 1}});
  // The second of two stacked layers reads 3: 4 x 3 x (3 + 3) = 72 more.
  expect_counts(Lstm{5, 3, 2, 4, false, Outputs::sequence}, {168, 672, {5, 4, 1}, {3, 4, 1}});
  // Both directions: 2 x 96, and above them 2 x 4 x 3 x (6 + 3) = 216, as the second layer reads both.
  expect_counts(Lstm{5, 3, 2, 4, true, Outputs::sequence}, {408, 1632, {5, 4, 1}, {6, 4, 1}});
  expect_counts(Lstm{5, 3, 1, 1, true, Outputs::last}, {192, 192, {5, 1, 1}, {6, 1, 1}});
}

TEST(Layer, MatMul) {
  // 4 x 5 times 5 x 6. The weights are the second factor; without weights both factors are read, 20 + 30
  // numbers.
  expect_counts(MatMul{4, 5, 6, true}, {30, 120, {5, 4, 1}, {6, 4, 1}});
  expect_counts(MatMul{4, 5, 6, false}, {0, 120, {50, 1, 1}, {6, 4, 1}});
}

TEST(Layer, Attention) {
  // Four projections of 8 x 8 at 7 steps: 4 x 64 x 7 = 1,792; scores and weighted sum: 2 x 7 x 7 x 8 = 784.
  expect_counts(Attention{7, 8, 2}, {256, 2576, {8, 7, 1}, {8, 7, 1}});
  expect_counts(Attention{7, 8, 1}, {256, 2576, {8, 7, 1}, {8, 7, 1}});
}

TEST(Layer, PoolAddConcatHaveNeitherWeightsNorWork) {
  expect_counts(Pool{3, 4, 5, 2, 2, 2, 3}, {0, 0, {3, 8, 15}, {3, 4, 5}});
  expect_counts(Add{3, 4, 5, 2}, {0, 0, {6, 4, 5}, {3, 4, 5}});
  expect_counts(Concat{3, 4, 5}, {0, 0, {3, 4, 5}, {3, 4, 5}});
}

TEST(Shape, PositionsAndElements) {
  EXPECT_EQ((Shape{3, 4, 5}).positions(), 20);
  EXPECT_EQ((Shape{3, 4, 5}).elements(), 60);
  EXPECT_EQ((Shape{7}).elements(), 7);
}

TEST(Product, StopsAtTwoToThe53) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 53U;
  EXPECT_EQ(product({}), 1);
  EXPECT_EQ(product({3, 4, 5}), 60);
  EXPECT_EQ(product({kLargest / 2, 2}), kLargest);
  EXPECT_THROW(product({kLargest, 2}), std::overflow_error);
  EXPECT_THROW(product({kLargest / 3, 4}), std::overflow_error);
  // Beyond 2^64 the multiplication wraps around; what is left may look small.
  EXPECT_THROW(product({std::int64_t{1} << 40U, std::int64_t{1} << 40U}), std::overflow_error);
  EXPECT_EQ(product({kLargest, 2, 0}), 0) << "nothing is never too much";
}

TEST(LayerType, NamesAreInTheOrderOfTheOperations) {
  const std::vector<std::pair<Operation, std::string_view>> all = {
      {Conv{}, "conv"},           {FullyConnected{}, "fc"}, {Lstm{}, "lstm"}, {MatMul{}, "matmul"},
      {Attention{}, "attention"}, {Pool{}, "pool"},         {Add{}, "add"},   {Concat{}, "concat"}};
  ASSERT_EQ(all.size(), layer_type_names().size());
  for (const auto& [operation, name] : all) EXPECT_EQ(to_string(Layer{"x", "", operation}.type()), name);
}

}  // namespace
}  // namespace h2h
