// GitHub's own client of runner scale sets, run through one life of a scale set: its requests are the truth that the
// stand-in and scale-set-client are held to.
//
// Takes the address of an organization and a token in the environment (GITHUB_CONFIG_URL, GITHUB_TOKEN). Ends by itself
// once a job has been assigned and has ended.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/actions/scaleset"
	"github.com/actions/scaleset/listener"
)

const (
	name     = "contract"
	capacity = 4
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	if err := run(ctx, cancel); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cancel context.CancelFunc) error {
	client, err := scaleset.NewClientWithPersonalAccessToken(scaleset.NewClientWithPersonalAccessTokenConfig{
		GitHubConfigURL:     os.Getenv("GITHUB_CONFIG_URL"),
		PersonalAccessToken: os.Getenv("GITHUB_TOKEN"),
		SystemInfo:          scaleset.SystemInfo{System: "contract", Version: "1", CommitSHA: "abc", Subsystem: "test"},
	})
	if err != nil {
		return err
	}
	group, err := client.GetRunnerGroupByName(ctx, scaleset.DefaultRunnerGroup)
	if err != nil {
		return err
	}
	if found, err := client.GetRunnerScaleSet(ctx, group.ID, name); err != nil || found != nil {
		return fmt.Errorf("the scale set is there before it is made: %v, %v", found, err)
	}
	set, err := client.CreateRunnerScaleSet(ctx, &scaleset.RunnerScaleSet{
		Name:          name,
		RunnerGroupID: group.ID,
		Labels:        []scaleset.Label{{Name: "contract"}, {Name: "linux"}},
		RunnerSetting: scaleset.RunnerSetting{DisableUpdate: true},
	})
	if err != nil {
		return err
	}
	if _, err := client.UpdateRunnerScaleSet(ctx, set.ID, &scaleset.RunnerScaleSet{
		Name:          name,
		RunnerGroupID: group.ID,
		Labels:        []scaleset.Label{{Name: "contract"}, {Name: "linux"}},
		RunnerSetting: scaleset.RunnerSetting{DisableUpdate: true},
	}); err != nil {
		return err
	}
	if _, err := client.GetRunnerScaleSetByID(ctx, set.ID); err != nil {
		return err
	}
	info := client.SystemInfo()
	info.ScaleSetID = set.ID
	client.SetSystemInfo(info)
	session, err := client.MessageSessionClient(ctx, set.ID, "contract-owner")
	if err != nil {
		return err
	}
	// A second session is refused.
	if _, err := client.MessageSessionClient(ctx, set.ID, "another"); err == nil {
		return errors.New("a second session was opened")
	}
	scaler := &scaler{client: client, scaleSetID: set.ID, done: cancel}
	loop, err := listener.New(session, listener.Config{ScaleSetID: set.ID, MaxRunners: capacity})
	if err != nil {
		return err
	}
	if err := loop.Run(ctx, scaler); err != nil && (!errors.Is(err, context.Canceled) || !scaler.removed) {
		return fmt.Errorf("listening: %w", err)
	}
	rest, end := context.WithTimeout(context.Background(), 20*time.Second)
	defer end()
	if err := session.Close(rest); err != nil {
		return err
	}
	if err := client.DeleteRunnerScaleSet(rest, set.ID); err != nil {
		return err
	}
	fmt.Printf("started %d, completed %s\n", scaler.runnerID, scaler.result)
	return nil
}

type scaler struct {
	client     *scaleset.Client
	scaleSetID int
	runnerID   int
	result     string
	removed    bool
	done       context.CancelFunc
}

func (s *scaler) HandleJobStarted(context.Context, *scaleset.JobStarted) error { return nil }

func (s *scaler) HandleJobCompleted(_ context.Context, job *scaleset.JobCompleted) error {
	s.result = job.Result
	return nil
}

func (s *scaler) HandleDesiredRunnerCount(ctx context.Context, count int) (int, error) {
	switch {
	case count == 1 && s.runnerID == 0:
		config, err := s.client.GenerateJitRunnerConfig(ctx, &scaleset.RunnerScaleSetJitRunnerSetting{
			Name:       "contract-0",
			WorkFolder: "_work",
		}, s.scaleSetID)
		if err != nil {
			return 0, err
		}
		s.runnerID = config.Runner.ID
		if _, err := s.client.GetRunner(ctx, s.runnerID); err != nil {
			return 0, err
		}
		if found, err := s.client.GetRunnerByName(ctx, "contract-0"); err != nil || found == nil {
			return 0, fmt.Errorf("the runner is not found: %v, %w", found, err)
		}
	case count == 0 && s.runnerID != 0 && !s.removed:
		if err := s.client.RemoveRunner(ctx, int64(s.runnerID)); err != nil {
			return 0, err
		}
		if err := s.client.RemoveRunner(ctx, int64(s.runnerID)); !errors.Is(err, scaleset.RunnerNotFoundError) {
			return 0, fmt.Errorf("a runner that is gone: %v", err)
		}
		s.removed = true
		s.done()
	}
	return count, nil
}
