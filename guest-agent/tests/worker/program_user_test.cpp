// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/program_user.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace assay::agent {
namespace {

class Users : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(etc_.data()), nullptr);
    std::ofstream(etc_ + "/passwd")
        << "root:x:0:0:root:/root:/bin/sh\nbroken\n"
           "alder:x:1000:1001:Alder,,,:/home/alder:/bin/sh\n4242:x:7:8::/:/bin/sh\n";
    std::ofstream(etc_ + "/group") << "root:x:0:\nalder:x:1001:\npond:x:50:alder,root\nreed:x:51:birch\nx\n";
  }
  void TearDown() override {
    ::unlink((etc_ + "/passwd").c_str());
    ::unlink((etc_ + "/group").c_str());
    ::rmdir(etc_.c_str());
  }

  Identity find(const std::string& wish) { return find_identity(wish, etc_); }
  std::string refusal(const std::string& wish) {
    try {
      (void)find(wish);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }

  std::string etc_ = ::testing::TempDir() + "assay-etc-XXXXXX";
};

TEST_F(Users, ByNameAndByNumber) {
  for (const auto* wish : {"alder", "1000"}) {
    const auto alder = find(wish);
    EXPECT_EQ(alder.uid, 1000U);
    EXPECT_EQ(alder.gid, 1001U);
    EXPECT_EQ(alder.groups, (std::vector<gid_t>{50}));
    EXPECT_EQ(alder.name, "alder");
    EXPECT_EQ(alder.home, "/home/alder");
  }
  EXPECT_EQ(find("4242").uid, 7U) << "a name comes before a number";
  const auto nobody = find("65534");
  EXPECT_EQ(nobody.uid, 65534U);
  EXPECT_EQ(nobody.gid, 65534U);
  EXPECT_EQ(nobody.name, "");
  EXPECT_EQ(nobody.home, "/");
}

TEST_F(Users, AGroupThatIsNamedIsTheOnlyOne) {
  for (const auto* wish : {"alder:reed", "1000:51"}) {
    const auto alder = find(wish);
    EXPECT_EQ(alder.uid, 1000U);
    EXPECT_EQ(alder.gid, 51U);
    EXPECT_TRUE(alder.groups.empty());
  }
  EXPECT_EQ(find("77:99").gid, 99U);
}

TEST_F(Users, WhoIsNotThereIsRefused) {
  EXPECT_EQ(refusal("birch"), "cannot run as birch: the guest's " + etc_ + "/passwd has no user birch");
  EXPECT_EQ(refusal("alder:birch"),
            "cannot run as alder:birch: the guest's " + etc_ + "/group has no group birch");
  for (const auto* wish : {"", ":", "alder:", ":pond", "-1", "4294967295", "99999999999", "1 2"}) {
    EXPECT_NE(refusal(wish), "") << wish;
  }
  EXPECT_EQ(find_identity("root", "/no/such/etc").uid, 0U);
}

}  // namespace
}  // namespace assay::agent
