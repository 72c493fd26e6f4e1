using EdgeProxy.Compare.Lab;

namespace EdgeProxy.Compare.Tests;

public sealed class ProcFilesTests
{
    [Fact]
    public void A_command_may_look_like_the_end_of_its_own_field()
    {
        var entry = ProcFiles.ParseStat("4242 (a) S 1 (b) S 7 4242 4242 0 -1 4194304 100 200 0 0 11 12 30 4 20 0 1 0 5 0 0\n");

        Assert.Equal(new ProcessEntry(4242, 7, 34), entry);
    }

    [Fact]
    public void Idle_time_has_waiting_for_disks_in_it_and_stolen_time_stands_apart()
    {
        var (idle, stolen) = ProcFiles.ParseMachine("cpu  2078 0 2302 771285 874 0 31 99 0 0\ncpu0 505 0 762 387003 55 0 8 40 0 0\n");

        Assert.Equal(7721.59, idle, 6);
        Assert.Equal(0.99, stolen, 6);
    }

    [Fact]
    public void Pss_is_not_taken_for_one_of_its_parts()
    {
        const string rollup = "5581-7ffc ---p 00000000 00:00 0 [rollup]\nRss:  9000 kB\nPss:   1234 kB\nPss_Dirty:  77 kB\nPss_Anon: 5 kB\n";

        Assert.Equal(1234, ProcFiles.ParsePss(rollup));
    }

    [Fact]
    public void Sockets_that_share_a_port_are_one_listener()
    {
        const string table = """
              sl  local_address rem_address   st tx_queue rx_queue
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000
               1: 0100007F:1F90 00000000:0000 0A 00000000:00000000
               2: 0100007F:1F91 00000000:0000 0A 00000000:00000000
               3: 0100007F:1F92 0100007F:8000 01 00000000:00000000
            """;

        Assert.Equal(2, ProcFiles.CountListeners(table));
    }

    [Fact]
    public void This_process_has_used_processor_time_and_belongs_to_itself()
    {
        var processes = ProcessTable.Read();

        Assert.Contains(Environment.ProcessId, processes.Tree(Environment.ProcessId));
        Assert.True(processes.CpuOf(Environment.ProcessId) > 0);
        Assert.True(processes.PssOf(Environment.ProcessId) > 0);
    }
}
