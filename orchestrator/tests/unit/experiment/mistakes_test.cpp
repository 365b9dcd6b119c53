// SPDX-License-Identifier: GPL-2.0-or-later
#include "experiment/catalogue.hpp"
#include "experiment/experiment.hpp"
#include "experiment/experiment_reader.hpp"
#include "experiment/sample_catalogue.hpp"
#include "experiment/sample_experiment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::experiment {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char* name;
  std::string from;
  std::string to;
  std::string message;  ///< with its place
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class EachMistake : public ::testing::TestWithParam<Case> {};

TEST_P(EachMistake, NamesThePlaceAndTheFix) {
  const auto& one = GetParam();
  const auto experiment =
      parse_experiment(sample_with(one.from, one.to), "x.toml", *Catalogue::from_json(sample_describe));
  ASSERT_FALSE(experiment);
  EXPECT_EQ(experiment.error().kind(), Failure::usage);
  EXPECT_EQ(experiment.error().text(), "x.toml:" + one.message);
}

const std::vector<Case> head_mistakes{
    {"UnknownKey", "trials = 6", "trails = 6",
     "6:1: unknown key \"trails\" in [experiment]; did you mean \"trials\"?"},
    {"UnknownTable", "[sampling]", "[smapling]",
     "11:2: unknown key \"smapling\" in the file; did you mean \"sampling\"?"},
    {"MisspeltClaims", "[[claims]]\n", "[[claim]]\n",
     "35:3: unknown key \"claim\" in the file; did you mean \"claims\"?"},
    {"MisspeltExperiment", "[experiment]", "[experiments]",
     "2:2: unknown key \"experiments\" in the file; did you mean \"experiment\"?"},
    {"MisspeltVariants", "[variants.old]", "[variant.old]",
     "15:2: unknown key \"variant\" in the file; did you mean \"variants\"?"},
    {"MisspeltWorkloads", "[workloads.write]", "[workload.write]",
     "27:2: unknown key \"workload\" in the file; did you mean \"workloads\"?"},
    {"DeepBrackets", "trials = 6", "trials = " + std::string(5000, '['),
     "6:26: more than 16 brackets are open here: nothing nests that deep"},
    {"WrongType", "trials = 6", "trials = \"6\"",
     "6:10: trials in [experiment] must be a whole number, not a string"},
    {"NotText", "name = \"sample\"", "name = 3",
     "3:8: name in [experiment] must be a string, not a whole number"},
    {"FewerThorough", "trials = 6", "trials = 6\nthorough_trials = 5",
     "7:19: a thorough run would make fewer trials than the usual 6"},
    {"OutOfRange", "trials = 6", "trials = 0", "6:10: trials = 0 is out of range: 1 to 100000"},
    {"NoUnit", "timeout = \"60s\"", "timeout = \"20\"",
     "8:11: timeout: \"20\" is not a duration: write a whole number with us, ms, s, min or h, as in \"20s\""},
    {"NoString", "timeout = \"60s\"", "timeout = 60",
     "8:11: timeout in [experiment] must be a string such as \"60s\", not a whole number"},
    {"TimeoutRange", "timeout = \"60s\"", "timeout = \"25h\"",
     "8:11: timeout: \"25h\" is out of range: 1s to 24h"},
    {"Guests", "guests = \"shared\"", "guests = \"share\"",
     "7:10: guests: \"share\" is not known: write \"fresh\" (each trial boots its own guest) or \"shared\" "
     "(all "
     "workloads of one repeat share one)"},
    {"MissingName", "name = \"sample\"\n", "", "2:1: [experiment] has no \"name\""},
    {"EmptyTitle", "\"A sample\"", "\" \"", "4:9: title in [experiment] is empty"},
    {"UnsafeName", "\"sample\"", "\"../x\"",
     "3:8: \"../x\" is not a name: use up to 64 letters, digits, '.', '_' and '-'"},
    {"MessageId", "\"1@example.org\"", "\"<1@example.org>\"",
     "5:10: thread: \"<1@example.org>\" is not a message id: write it without <>, as in "
     "\"1234@example.org\""},
    {"RateTooHigh", "10Hz", "1000Hz", "12:8: rate: \"1000Hz\" is out of range: 1Hz to 100Hz"},
    {"RateAndInterval", "rate = \"10Hz\"", "rate = \"10Hz\"\ninterval = \"20ms\"",
     "13:12: [sampling] has both a rate and an interval"},
    {"NoRate", "rate = \"10Hz\"\n", "", "11:1: [sampling] has no \"rate\""},
    {"Source", "\"psi\"", "\"vmstats\"",
     "13:22: the agent cannot sample \"vmstats\"; did you mean \"vmstat\"?"},
    {"SourceTwice", "\"psi\"", "\"vmstat\"", "13:22: \"vmstat\" is there twice"},
};

const std::vector<Case> matrix_mistakes{
    {"VariantOfNone", "workload = \"idle\"", "workload = \"idle\"\nvariants = [\"nwe\"]",
     "33:13: variants: the experiment has no \"nwe\"; did you mean \"new\"?"},
    {"MachineOfNone", "workload = \"idle\"", "workload = \"idle\"\nmachines = [\"large\"]",
     "33:13: machines: the experiment has no \"large\""},
    {"MachineTwice", "workload = \"idle\"", "workload = \"idle\"\nmachines = [\"small\", \"small\"]",
     "33:22: \"small\" is there twice"},
    {"WrongInAList", "workload = \"idle\"",
     "workload = \"idle\"\nmachines = [\n  \"small\",\n  7,\n  true,\n]",
     "35:3: machines in [workloads.nothing] must be an array of strings, not a whole number\n"
     "x.toml:36:3: machines in [workloads.nothing] must be an array of strings, not true or false"},
    {"UnknownInAList", "workload = \"idle\"",
     "workload = \"idle\"\nvariants = [\n  \"new\", # fine\n  \"odl\",\n]",
     "35:3: variants: the experiment has no \"odl\"; did you mean \"old\"?"},
    {"NoVariants", "workload = \"idle\"", "workload = \"idle\"\nvariants = []",
     "33:12: variants names nothing: leave it out to mean all"},
    {"ClaimElsewhere", "workload = \"fault.shared\"", "workload = \"fault.shared\"\nvariants = [\"new\"]",
     "46:12: workload write does not run with variant \"old\": its variants are new\n"
     "x.toml:56:8: workload write does not run with variant \"old\": its variants are new"},
    {"VariantKey", "kernel = \"kernel-old\"", "kernal = \"kernel-old\"",
     "15:1: [variants.old] has no \"kernel\"\n"
     "x.toml:16:1: unknown key \"kernal\" in [variants.old]; did you mean \"kernel\"?"},
    {"VariantName", "[variants.new]", "[variants.\"a/b\"]\nkernel = \"k\"\n[variants.new]",
     "18:11: \"a/b\" is not a name: use up to 64 letters, digits, '.', '_' and '-', beginning with a letter "
     "or a "
     "digit"},
    {"Memory", "\"256M\"", "\"512\"",
     "25:10: memory: \"512\" is out of range: whole MiB from 64M to 1024G; did you mean \"512M\"?"},
    {"Swap", "\"256M\"", "\"256M\"\nswap = \"100K\"",
     "26:8: swap: \"100K\" is out of range: whole MiB from 1M to 1024G"},
    {"AppendOfOurs", "\"256M\"", "\"256M\"\nappend = \"hugepages=4 panic=1\"",
     "26:10: append: leave out \"panic=1\": a guest that panicked stays as it is, until Assay has seen why"},
    {"AppendIsAText", "\"256M\"", "\"256M\"\nappend = [\"hugepages=4\"]",
     "26:10: append in [machines.small] must be a string, not an array"},
    {"Nodes", "\"256M\"", "\"256M\"\nnodes = 0", "26:9: nodes = 0 is out of range: 1 to 64"},
    {"TooManyNodes", "\"256M\"", "\"1G\"\nnodes = 65", "26:9: nodes = 65 is out of range: 1 to 64"},
    {"NodesOfAnotherKind", "\"256M\"", "\"256M\"\nnodes = [2, 3]",
     "26:9: nodes in [machines.small] must be a number or an array of 1 to 64 tables such as { vcpus = 2, "
     "memory = "
     "\"256M\" }"},
    {"NoNodes", "memory = \"256M\"", "nodes = []",
     "25:9: nodes in [machines.small] must be a number or an array of 1 to 64 tables such as { vcpus = 2, "
     "memory = "
     "\"256M\" }"},
    {"KeyOfANode", "vcpus = 2\nmemory = \"256M\"", "nodes = [{ cpus = 2, memory = \"256M\" }, { vcpus = 1 }]",
     "24:12: unknown key \"cpus\" in a node of [machines.small]; did you mean \"vcpus\"?"},
    {"SmallNode", "vcpus = 2\nmemory = \"256M\"",
     "nodes = [\n{ vcpus = 2, memory = \"256M\" },\n{ memory = \"1M\" }]",
     "26:12: memory: \"1M\" is out of range: whole MiB from 64M to 1024G"},
    {"NodesAndVcpus", "\"256M\"", "\"256M\"\nnodes = [{ vcpus = 1, memory = \"256M\" }, { vcpus = 2 }]",
     "24:9: vcpus = 2, and the nodes have 3: leave vcpus out"},
    {"NodesAndMemory", "\"256M\"", "\"256M\"\nnodes = [{ vcpus = 2, memory = \"128M\" }, { memory = 0 }]",
     "25:10: memory is 256 MiB, and the nodes have 128 MiB: leave memory out"},
    {"NodesWithoutAny", "vcpus = 2\nmemory = \"256M\"", "nodes = [{}, {}]",
     "24:9: the nodes have 0 vCPUs and 0 bytes of memory: a machine has 1 to 255, and at least 64 MiB of "
     "memory"},
    {"SparcNodeTables", "arch = \"x86_64\"\naccel = \"tcg\"\nvcpus = 2\nmemory = \"256M\"",
     "arch = \"sparc64\"\nnodes = [{ vcpus = 1, memory = \"256M\" }, {}]",
     "23:9: a sparc64 machine has one node: QEMU's sun4u supports no more"},
    {"DistancesOfOneNode", "\"256M\"", "\"256M\"\ndistances = [[10]]",
     "26:13: distances are those between nodes, and the machine has one: write nodes, too"},
    {"DistancesOfOthers", "\"256M\"", "\"256M\"\nnodes = 2\ndistances = [[10, 20], [10, 20]]",
     "27:13: distances has a row for each of the 2 nodes, and in it 10 for the node itself and 11 to 254 for "
     "each "
     "other, as [[10, 20], [20, 10]] is for two"},
    {"Distances", "\"256M\"", "\"256M\"\nnodes = 2\ndistances = [[10, 20], [20, 10], 10]",
     "27:13: distances has a row for each of the 2 nodes, and in it 10 for the node itself and 11 to 254 for "
     "each "
     "other, as [[10, 20], [20, 10]] is for two"},
    {"Dimms", "\"256M\"", "\"256M\"\ndimms = [\"128M\", \"192M\"]",
     "26:18: dimms: \"192M\" is not a multiple of 128 MiB, of which kernels make blocks of memory"},
    {"SparcDimms", "arch = \"x86_64\"\naccel = \"tcg\"\nvcpus = 2", "arch = \"sparc64\"\ndimms = [\"128M\"]",
     "23:9: a sparc64 machine has no dimms: nothing can be plugged into QEMU's sun4u"},
    {"Disks", "\"256M\"", "\"256M\"\ndisks = [\"64M\", \"64\"]",
     "26:17: disks: \"64\" is out of range: whole MiB from 1M to 1024G; did you mean \"64M\"?"},
    {"SparcDisks", "arch = \"x86_64\"\naccel = \"tcg\"\nvcpus = 2",
     "arch = \"sparc64\"\nswap = \"1M\"\ndisks = [\"1M\", \"1M\", \"1M\"]",
     "24:9: 4 disks, that to swap to among them, are too many: a sparc64 machine has at most 3"},
    {"QemuOptions", "\"256M\"", "\"256M\"\nqemu_options = [\"virtio-rng-pci\"]",
     "26:17: qemu_options: \"virtio-rng-pci\" is no option of QEMU: write each word by itself, as in "
     "[\"-device\", "
     "\"virtio-rng-pci\"]"},
    {"QemuOptionsAreWords", "\"256M\"", "\"256M\"\nqemu_options = \"-device virtio-rng-pci\"",
     "26:16: qemu_options in [machines.small] must be an array of strings, not a string"},
    {"NodesWithoutMemory", "\"256M\"", "\"256M\"\nnodes = 5",
     "26:9: 5 nodes need 320 MiB of memory, 64 MiB each, and the machine has 256 MiB"},
    {"NodesOfUsualMemory", "memory = \"256M\"", "memory = \"63\"\nnodes = 8",
     "25:10: memory: \"63\" is out of range: whole MiB from 64M to 1024G"},
    {"MemoryNumber", "\"256M\"", "256",
     "25:10: memory in [machines.small] must be a string such as \"512M\", not a whole number"},
    {"Accel", "\"tcg\"", "\"tgc\"",
     "23:9: accel: \"tgc\" is not an accelerator: write \"auto\", \"kvm\" or \"tcg\"; did you mean \"tcg\"?"},
    {"Clock", "accel = \"tcg\"", "clock = \"instruction\"",
     "23:9: clock: \"instruction\" is not a clock: write \"host\" or \"instructions\"; did you mean "
     "\"instructions\"?"},
    {"ClockOfKvm", "accel = \"tcg\"", "accel = \"kvm\"\nclock = \"instructions\"",
     "24:9: only accel = \"tcg\" can count instructions"},
    {"SparcCpus", "\"x86_64\"", "\"sparc64\"",
     "24:9: a sparc64 machine has one vCPU: QEMU's sun4u supports no more"},
    {"SparcNodes", "arch = \"x86_64\"\naccel = \"tcg\"\nvcpus = 2", "arch = \"sparc64\"\nnodes = 2",
     "23:9: a sparc64 machine has one node: QEMU's sun4u supports no more"},
    {"Workload", "\"fault.shared\"", "\"fault.sharde\"",
     "28:12: unknown workload \"fault.sharde\"; did you mean \"fault.shared\"?"},
    {"WorkloadFar", "\"idle\"", "\"compaction\"",
     "32:12: unknown workload \"compaction\"; there is idle and fault.shared"},
    {"Parameter", "threads = 3", "thread = 3",
     "29:12: workload fault.shared has no parameter \"thread\"; did you mean \"threads\"?"},
    {"ParameterRange", "threads = 3", "threads = 65", "29:22: threads = 65 is out of range: 1 to 64"},
    {"ParameterType", "threads = 3", "threads = \"3\"",
     "29:22: parameter threads must be a whole number, not a string"},
    {"Choice", "\"tmpfs\"", "\"tmpf\"",
     "29:35: mapping = \"tmpf\" is not one of memfd, tmpfs and perf; did you mean \"tmpfs\"?"},
    {"Bool", "writer = true", "writer = 1",
     "29:67: parameter writer must be true or false, not a whole number"},
    {"SizeRange", "\"64K\"", "\"64\"", "29:51: file = 64 is out of range: 4096 to 1073741824 bytes"},
    {"DurationUnit", "\"20ms\"", "\"20\"",
     "33:19: parameter time: \"20\" is not a duration: write a whole number with us, ms, s, min or h, as in "
     "\"20s\""},
};

const std::string measured =
    "rule = \"no-more\"\nfigure = \"touches\"\nbase = \"old\"\nhead = \"new\"\nslack = 0.5";
std::string measured_as(const std::string& keys) {
  return "rule = \"measurement\"\nfigure = \"touches\"\nbase = \"old\"\nhead = \"new\"\n" + keys;
}

const std::vector<Case> claim_mistakes{
    {"NoQuote", "quote = \"it does not retry\"\n", "", "35:1: [[claims]] has no \"quote\""},
    {"ClaimWorkload", "workload = \"write\"", "workload = \"wriet\"",
     "41:12: the experiment has no workload \"wriet\"; did you mean \"write\"?"},
    {"ClaimVariant", "old = \">= 0.9\"", "odl = \">= 0.9\"",
     "45:12: the experiment has no variant \"odl\"; did you mean \"old\"?"},
    {"Bound", "\">= 0.9\"", "\"> 0.9\"",
     "45:18: \"> 0.9\" is not a bound: write \">= NUMBER\" or \"<= NUMBER\""},
    {"BoundNumber", "\">= 0.9\"", "0.9",
     "45:18: expect.old must be a string such as \">= 0.9\", not a decimal number"},
    {"Counter", "/ touches", "/ touchs",
     "44:35: workload fault.shared has no counter \"touchs\"; did you mean \"touches\"?"},
    {"Metric", "vmstat.vma_lock_retry", "vmstat.vma_lock_rety",
     "44:11: workload fault.shared has no counter \"vmstat.vma_lock_rety\"; did you mean "
     "\"vmstat.vma_lock_retry\"?"},
    {"CounterInSeveralLines", "\"vmstat.vma_lock_retry / touches\"",
     "\"\"\"\nvmstat.vma_lock_retry \\\n   / touchs\"\"\"",
     "46:6: workload fault.shared has no counter \"touchs\"; did you mean \"touches\"?"},
    {"SecondCondition", "\"writer_ops >= 100\"",
     "\"writer_ops >= 100\",\n  \"touches >= 1\",\n\t'writr_ops >= 1'",
     "45:3: workload fault.shared has no counter \"writr_ops\"; did you mean \"writer_ops\"?"},
    {"Condition", "writer_ops >= 100", "writer_ops",
     "43:13: \"writer_ops\" is not a condition: write a counter and a bound, as in \"writer_ops >= 100\""},
    {"ConditionCounter", "writer_ops >= 100", "writes >= 100",
     "43:14: workload fault.shared has no counter \"writes\""},
    {"NotSampled", "figure = \"touches\"", "figure = \"p99(meminfo.Dirty)\"",
     "54:15: a percentile is one of samples, and [sampling] sources has no \"meminfo\""},
    {"NoSuchMetric", "figure = \"touches\"", "figure = \"p99(vmstat.pgfaul)\"",
     "54:15: the agent does not sample \"vmstat.pgfaul\"; did you mean \"vmstat.pgfault\"?"},
    {"NoPercentile", "figure = \"touches\"", "figure = \"p101(vmstat.pgfault)\"",
     "54:10: figure: \"p101(vmstat.pgfault)\" is not a figure: write a counter, or one per another, as in "
     "\"vmstat.pgfault / touches\""},
    {"DuplicateId", "id = \"two\"", "id = \"one\"", "48:6: claim id \"one\" is used already in line 36"},
    {"Rule", "rule = \"no-more\"", "rule = \"nomore\"",
     "53:8: unknown rule \"nomore\"; did you mean \"no-more\"?"},
    {"OtherRulesKey", "slack = 0.5", "expect = { old = \">= 1\" }",
     "57:10: \"expect\" belongs to rule = \"threshold\""},
    {"OtherRulesKeys", "slack = 0.5", "direction = \"less\"",
     "57:13: \"direction\" belongs to rule = \"measurement\" and \"proportion\""},
    {"NoDirection", "rule = \"no-more\"", "rule = \"measurement\"",
     "47:1: [[claims]] has no \"direction\"\n"
     "x.toml:57:9: \"slack\" belongs to rule = \"no-more\""},
    {"Direction", measured, measured_as("direction = \"lower\""),
     "57:13: direction: \"lower\" is no direction; there is less, more, no-more, no-less and same"},
    {"NoEffect", measured, measured_as("direction = \"same\""),
     "57:13: direction = \"same\" needs an effect above 0: how large a difference does not matter"},
    {"NothingCanRefute", measured, measured_as("direction = \"more\"\neffect = 0"),
     "58:10: direction = \"more\" needs an effect above 0: how large a difference must be to count; with "
     "none, two "
     "variants that are alike could never refute the claim"},
    {"NegativeEffect", measured, measured_as("direction = \"less\"\neffect = -1"),
     "58:10: effect = -1 is out of range: a number from 0, or a part of base's values as in \"10%\""},
    {"EffectText", measured, measured_as("direction = \"less\"\neffect = \"10\""),
     "58:10: effect: \"10\" is no percentage: write a number, or as in \"10%\""},
    {"Confidence", measured, measured_as("direction = \"less\"\neffect = 1\nconfidence = 95"),
     "59:14: confidence = 95 is out of range: between 0 and 1, as in 0.95"},
    {"Count", "rule = \"no-more\"\nfigure = \"touches\"",
     "rule = \"proportion\"\ndirection = \"less\"\neffect = 0.5\ncount = \"oops\"",
     "56:9: count: \"oops\" cannot be counted: write \"finding\", \"finding TEXT\" (what its title "
     "contains), "
     "\"failure\", \"check NAME\", or a counter and a bound, as in \"leaked >= 1\"\n"
     "x.toml:59:9: \"slack\" belongs to rule = \"no-more\""},
    {"Check", "rule = \"no-more\"\nfigure = \"touches\"",
     "rule = \"proportion\"\ndirection = \"less\"\neffect = 0.5\ncount = \"check contents\"",
     "56:16: workload fault.shared has no check \"contents\"; did you mean \"content\"?\n"
     "x.toml:59:9: \"slack\" belongs to rule = \"no-more\""},
    {"FigureAndCount", "expect = { old = \">= 0.9\", new = \"<= 0.05\" }",
     "count = \"failure\"\nexpect = { old = \">= 1\", new = \"<= 0\" }",
     "44:10: a claim has a figure or counts trials, not both"},
    {"CountBeyondOne",
     "figure = \"vmstat.vma_lock_retry / touches\"\nexpect = { old = \">= 0.9\", new = \"<= 0.05\" }",
     "count = \"failure\"\nexpect = { old = \">= 2\", new = \"<= 0\" }",
     "45:18: expect.old = \">= 2\" cannot be asked of a trial, in which it happens (\">= 1\") or not (\"<= "
     "0\")"},
    {"SameVariant", "head = \"new\"", "head = \"old\"", "56:8: base and head are the same variant"},
    {"Slack", "slack = 0.5", "slack = -1", "57:9: slack = -1 is out of range: a number from 0"},
    {"SlackNan", "slack = 0.5", "slack = nan", "57:9: slack = nan is out of range: a number from 0"},
    {"MinTrials", "min_trials = 4", "min_trials = 7",
     "42:14: the claim asks for at least 7 trials per variant, but the experiment runs 6"},
    {"ClaimMachines", "min_trials = 4", "min_trials = 4\nmachines = [\"large\"]",
     "43:13: machines: the experiment has no \"large\""},
    {"EmptyExpect", "{ old = \">= 0.9\", new = \"<= 0.05\" }", "{}", "45:10: expect names no variant"},
};

std::string name_of_case(const ::testing::TestParamInfo<Case>& info) { return info.param.name; }
/// [mutate] is line 27.
Case in_mutate(const char* name, const std::string& keys, std::string message) {
  return {name, "[workloads.write]", "[mutate]\n" + keys + "\n[workloads.write]", std::move(message)};
}

const std::vector<Case> mutate_mistakes{
    in_mutate("UnknownVariant", "variant = \"nwe\"\nbase = \"old\"",
              "28:11: there is no variant \"nwe\"; did you mean \"new\"?"),
    in_mutate("UnknownBase", "variant = \"new\"\nbase = \"odl\"",
              "29:8: there is no variant \"odl\"; did you mean \"old\"?"),
    in_mutate("NoVariant", "base = \"old\"", "27:1: [mutate] has no \"variant\""),
    in_mutate("OfItself", "variant = \"new\"\nbase = \"new\"",
              "29:8: variant \"new\" does not differ from itself"),
    in_mutate(
        "NothingOfIt", "variant = \"new\"\ncontext = 3",
        "28:11: [mutate] needs base = \"...\", of which the variant differs by the patch, or functions = "
        "[...]"),
    in_mutate("ContextOutOfRange", "variant = \"new\"\nbase = \"old\"\ncontext = -1",
              "30:11: context = -1 is out of range: 0 to 10000"),
    in_mutate("MisspeltFunctions", "variant = \"new\"\nbase = \"old\"\nfunction = [\"do_wp_page\"]",
              "30:1: unknown key \"function\" in [mutate]; did you mean \"functions\"?"),
    in_mutate("FunctionsThatAreNone", "variant = \"new\"\nbase = \"old\"\nfunctions = [3]",
              "30:14: functions in [mutate] must be an array of strings, not a whole number"),
    {"MisspeltMutate", "[workloads.write]", "[mutat]\nvariant = \"new\"\n[workloads.write]",
     "27:2: unknown key \"mutat\" in the file; did you mean \"mutate\"?"},
};

INSTANTIATE_TEST_SUITE_P(Head, EachMistake, ::testing::ValuesIn(head_mistakes), name_of_case);
INSTANTIATE_TEST_SUITE_P(Matrix, EachMistake, ::testing::ValuesIn(matrix_mistakes), name_of_case);
INSTANTIATE_TEST_SUITE_P(Claims, EachMistake, ::testing::ValuesIn(claim_mistakes), name_of_case);
INSTANTIATE_TEST_SUITE_P(Mutate, EachMistake, ::testing::ValuesIn(mutate_mistakes), name_of_case);

std::string mistakes_in(const std::string& text) {
  const auto experiment = parse_experiment(text, "x.toml", *Catalogue::from_json(sample_describe));
  return experiment ? "none" : experiment.error().text();
}

TEST(Mistakes, AreAllReportedInTheOrderOfTheFile) {
  auto text = sample_with("trials = 6", "trials = -1");
  text.replace(text.find("\"256M\""), 6, "\"1M\"");
  text.replace(text.find("\"tmpfs\""), 7, "\"disk\"");
  EXPECT_EQ(mistakes_in(text),
            "x.toml:6:10: trials = -1 is out of range: 1 to 100000\n"
            "x.toml:25:10: memory: \"1M\" is out of range: whole MiB from 64M to 1024G\n"
            "x.toml:29:35: mapping = \"disk\" is not one of memfd, tmpfs and perf");
}

TEST(Mistakes, EndAfterTen) {
  std::string text = sample_experiment;
  for (int i = 0; i < 13; ++i) {
    text += fmt::format("zzz{} = 1\n", i);  // into the last claim
  }
  const auto all = mistakes_in(text);
  EXPECT_THAT(all, HasSubstr("zzz9"));
  EXPECT_THAT(all, HasSubstr("\nx.toml: and 3 more mistakes"));
}

struct Broken {
  std::string text;
  std::string message;
};

TEST(Mistakes, OfTomlItselfStandWhereTheyAre) {
  const std::vector<Broken> files{
      {"[experiment\n", "1:12: Error while parsing table header: expected ']', saw '\\n'"},
      {"a = 1\nb = 2\n  a = 3\n", "3:3: the key \"a\" is there twice"},
      {"k = { a = 1, b = 2, a = 3 }\n", "1:21: the key \"a\" is there twice"},
      {"a = 1\na.b = 2\n",
       "2:1: Error while parsing key-value pair: cannot redefine existing integer as dotted "
       "key-value pair"},
      {"[x]\na = 1\n\n[y]\n[x]\nc = 2\n", "5:1: the table [x] is there twice"},
      {"a = 'x'\nb = \"abc\nc = 2\n", "2:5: the string that begins here has no end in its line"},
      {"a = \"x\nb = \"y\"\n", "1:5: the string that begins here has no end in its line"},
      {"a = 1\nb = \"\"\"abc\nc = 2\n", "2:5: the string that begins here has no end"},
      {"a = [1, 2\nb = 2\n", "1:5: the array that begins here is not closed"},
      {"a = [1, 2\n", "1:5: the array that begins here is not closed"},
      {"a = [\n  1\n  2\n]\n", "3:3: Error while parsing array: expected comma or closing ']', saw '2'"},
      {"a = { x = 1\nb = 2\n", "1:5: the table that begins here is not closed in its line"},
      {"a = tru\nb = 1\n", "1:5: Error while parsing boolean: expected 'true', saw 'tru '"},
      {"a = 2021-13-01\n",
       "1:5: Error while parsing date: expected month between 1 and 12 (inclusive), saw 13"},
      {"a = [1, 99999999999999999999]\n",
       "1:9: Error while parsing decimal integer: '99999999999999999999' is not representable in 64 bits"},
      {"a = 01\n", "1:5: Error while parsing decimal integer: leading zeroes are prohibited"},
      {"a = hello\nb = 1\n", "1:5: Error while parsing value: could not determine value type"},
      {"a = \"x\\q\"\n", "1:7: Error while parsing string: unknown escape sequence '\\q'"},
      {"\xef\xbb\xbf[experiment]\n",
       "1:1: the file begins with a byte order mark: save it as UTF-8 without one"},
      {std::string("\xff\xfe[\0e\0", 6),
       "1:1: the file begins with a byte order mark and is UTF-16: save it as UTF-8 without one"},
      {std::string("\xfe\xff\0[\0e", 6),
       "1:1: the file begins with a byte order mark and is UTF-16: save it as UTF-8 without one"},
      {std::string("[\0e\0", 4), "1:2: a NUL byte: this is no text file"},
      {std::string("a = 1\nb = \"x\0y\"\n", 15), "2:7: a NUL byte: this is no text file"},
      {"a = 1\n# \xe4\xf6\n", "2:3: byte 0xe4 is not UTF-8: save the file as UTF-8"},
      {"a = \"\xc3\xa4\xff\"\n", "1:7: byte 0xff is not UTF-8: save the file as UTF-8"},
      {"a = \"x\x01\"\n", "1:7: a control character, 0x01: in a string write \\u0001"},
      {"a = \"\u00e9 \\\\\u00e9 \\\u0459\"",
       "1:12: only ASCII may follow a backslash, or the line that it joins: write two for one that is meant"},
      {"a = \"\"\"x \\\n \u0459\"\"\"",
       "1:10: only ASCII may follow a backslash, or the line that it joins: write two for one that is meant"},
      {"a = 1\rb = 2\r", "1:6: a carriage return without a line feed"},
  };
  for (const auto& [text, message] : files) {
    EXPECT_EQ(mistakes_in(text), "x.toml:" + message) << text;
  }
}

TEST(Mistakes, AreNotSeenInTextOfOtherSystems) {
  std::string text;
  for (const char c : sample_experiment) {
    text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  }
  EXPECT_EQ(mistakes_in(text), "none");
  text.replace(text.find("touches\""), 7, "touchs");
  EXPECT_THAT(mistakes_in(text), HasSubstr("x.toml:44:35: workload fault.shared has no counter \"touchs\""));
}

TEST(Mistakes, AreNotSeenInUnusualButValidToml) {
  const std::string odd = R"toml(
odd = [ [1, 2,], [ # '
  {a = {b = 'c', 'd' = "e"}, f."g".h = 1979-05-27 07:32:00},
], ]
'quo"ted' = """'''\""""")toml"
                          "\r\n[table.\"x\" . y]\n[[ array ]]\n";
  EXPECT_THAT(mistakes_in(odd), HasSubstr("unknown key \"odd\""));
  EXPECT_THAT(mistakes_in(odd), HasSubstr("unknown key \"quo\"ted\""));
  EXPECT_THAT(mistakes_in(odd), HasSubstr("unknown key \"array\""));
}

TEST(Mistakes, OfAnEmptyFile) {
  EXPECT_EQ(mistakes_in(""),
            "x.toml:1:1: the file has no \"experiment\"\n"
            "x.toml:1:1: no claims: write a [[claims]] for each sentence to judge");
}

TEST(Mistakes, NamesAreSafeToPrint) {
  EXPECT_THAT(mistakes_in("\"\\u001b[31m\" = 1\n"), HasSubstr("unknown key \"\\x1b[31m\""));
}

TEST(Mistakes, OfAFileTooLarge) {
  EXPECT_EQ(mistakes_in(std::string(300'000, '#')),
            "x.toml:1:1: the file has 293.0 KiB, and an experiment at most 256 KiB");
}

TEST(Mistakes, OfKeysThatWouldOverflowTheStack) {
  std::string key = "a";
  for (int i = 0; i < 100'000; ++i) {
    key += ".a";
  }
  EXPECT_EQ(mistakes_in("x = \"...................\" # ...................\n" + key + " = 1\n"),
            "x.toml:2:32: a key with more than 16 parts");
  EXPECT_EQ(mistakes_in("[" + key + "]\n"), "x.toml:1:33: a key with more than 16 parts");
  EXPECT_EQ(mistakes_in("x = {a=\"\"\"b\"\"\"\", " + key + " = 1}\n"),
            "x.toml:1:49: a key with more than 16 parts");
}

TEST(Mistakes, OfOtherAlphabetsOutsideOfStrings) {
  EXPECT_EQ(mistakes_in("# \xef\xbb\xb8\nx = '\xef\xbb\xb8'\nsam\xef\xbb\xb8n = 1\n"),
            "x.toml:3:4: only ASCII may stand outside of strings and comments");
  EXPECT_EQ(mistakes_in("x = +\"\xef\xbb\xb8\"\n"), "x.toml:1:6: a string cannot begin here");
  EXPECT_EQ(mistakes_in("x = y = '\xef\xbb\xb8'\n"), "x.toml:1:7: a second \"=\"");
  EXPECT_EQ(mistakes_in("x = [1, 3='\xef\xbb\xb8']\n"), "x.toml:1:10: a second \"=\"");
  EXPECT_EQ(mistakes_in("x = 3['\xef\xbb\xb8']\n"), "x.toml:1:6: a bracket cannot open here");
  EXPECT_EQ(mistakes_in("x = 1.\"\xef\xbb\xb8\"\n"),
            "x.toml:1:7: only ASCII may stand outside of strings and comments");
}

}  // namespace
}  // namespace assay::experiment
