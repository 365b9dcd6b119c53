// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/cache.hpp"

#include "scratch.hpp"

namespace assay::kernel {
namespace {

constexpr const char* id = "0123abcd";

class CacheTest : public testing::Test {
 protected:
  CacheTest() : layout_(scratch_.root() / "cache") {
    EXPECT_TRUE(layout_.prepare());
    Artefacts artefacts;
    artefacts.release = "6.12.117";
    artefacts.image = scratch_.write("tree/bzImage", "image");
    artefacts.vmlinux = scratch_.write("tree/vmlinux", "vmlinux");
    artefacts.config = scratch_.write("tree/.config", "CONFIG_SMP=y\n");
    artefacts.log = scratch_.write("tree/log", "CC mm/memory.o\n");
    artefacts.provenance = "{}\n";
    const auto stored = store_kernel(layout_, id, artefacts);
    EXPECT_TRUE(stored) << stored.error().text();
  }

  Scratch scratch_;
  CacheLayout layout_;
};

TEST_F(CacheTest, WhatWasStoredIsFound) {
  const auto kernel = load_kernel(layout_, id);
  ASSERT_TRUE(kernel);
  EXPECT_EQ(kernel->id, id);
  EXPECT_EQ(kernel->release, "6.12.117");
  EXPECT_EQ(*read_file(kernel->image), "image");
  EXPECT_EQ(*read_file(kernel->vmlinux), "vmlinux");
  EXPECT_EQ(*read_file(kernel->config), "CONFIG_SMP=y\n");
  EXPECT_EQ(*read_file(kernel->log), "CC mm/memory.o\n");
  EXPECT_EQ(*read_file(kernel->provenance), "{}\n");
  EXPECT_FALSE(load_kernel(layout_, "ffff"));
}

TEST_F(CacheTest, AnotherByteIsNoticed) {
  ASSERT_TRUE(write_file(layout_.build(id) / "image", "imagE"));
  EXPECT_FALSE(load_kernel(layout_, id));
}

TEST_F(CacheTest, AnotherLengthIsNoticed) {
  ASSERT_TRUE(write_file(layout_.build(id) / "vmlinux", "vm"));
  EXPECT_FALSE(load_kernel(layout_, id));
}

TEST_F(CacheTest, TheSameBytesAtAnotherTimeAreFine) {
  ASSERT_TRUE(write_file(layout_.build(id) / "image", "image"));
  EXPECT_TRUE(load_kernel(layout_, id));
}

TEST_F(CacheTest, AMissingFileIsNoticed) {
  fs::remove(layout_.build(id) / "config");
  EXPECT_FALSE(load_kernel(layout_, id));
}

TEST_F(CacheTest, ADamagedManifestIsNone) {
  const auto manifest = layout_.build(id) / "manifest.json";
  for (const char* text :
       {"", "{", "[]", "{\"format\": 1}", "{\"format\": 9, \"release\": \"\", \"files\": {}}",
        "{\"format\": 1, \"release\": 5, \"files\": []}"}) {
    ASSERT_TRUE(write_file(manifest, text));
    EXPECT_FALSE(load_kernel(layout_, id)) << text;
  }
}

}  // namespace
}  // namespace assay::kernel
